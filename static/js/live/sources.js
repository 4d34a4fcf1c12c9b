// What a live page listens to: the microphone, a tab that is shared, or a file that is played.
import { $, el, icon } from "../lib/dom.js";
import { obstacle, PROBLEMS, problemOf } from "../lib/microphone.js";

const HEARING = { echoCancellation: true, noiseSuppression: false, autoGainControl: false, channelCount: 1 };

/** Something that cannot be listened to: what is wrong, and what to do. */
export class Unheard extends Error {
  constructor(title, remedy) {
    super(`${title}. ${remedy}`);
    this.title = title;
    this.remedy = remedy;
  }
}

const refused = (name) => new Unheard(...PROBLEMS[name]);
const NO_SHARING = ["This browser does not share the sound of a tab", "Use Chrome or Edge on a computer, or take the microphone or a file."];
const NOT_SHARED = ["Nothing was shared", "Press Start again, choose a tab, and press Share."];
const NO_SOUND = ["What you shared has no sound", "Press Start again, choose a tab rather than a window, and leave “Also share tab audio” on."];
const NO_FILE = ["There is no file yet", "Choose a sound or a video."];
const NO_PLAYING = ["The browser cannot play this file", "Choose an MP4, WebM, MP3, WAV, OGG or FLAC, or dub it as a file."];

/** A microphone: { stream, heard: whether it is played back, own: whether its volume is set here }. */
async function microphone(device) {
  const wrong = obstacle();
  if (wrong) throw refused(wrong);
  try {
    const audio = device ? { ...HEARING, deviceId: { exact: device } } : HEARING;
    return { from: await navigator.mediaDevices.getUserMedia({ audio }), heard: false, own: true };
  } catch (error) {
    throw refused(problemOf(error));
  }
}

async function tab() {
  if (!navigator.mediaDevices?.getDisplayMedia) throw new Unheard(...NO_SHARING);
  let stream;
  try {
    const audio = { suppressLocalAudioPlayback: true, echoCancellation: false, noiseSuppression: false, autoGainControl: false };
    stream = await navigator.mediaDevices.getDisplayMedia({ video: true, audio, systemAudio: "include", selfBrowserSurface: "exclude" });
  } catch {
    throw new Unheard(...NOT_SHARED);
  }
  const [sound] = stream.getAudioTracks();
  if (!sound) {
    for (const track of stream.getTracks()) track.stop();
    throw new Unheard(...NO_SOUND);
  }
  for (const track of stream.getVideoTracks()) track.enabled = false; // (stopping it would end the sharing)
  const own = sound.getSettings().suppressLocalAudioPlayback === true;
  return { from: stream, heard: own, own };
}

function file(media) {
  if (!media.src) throw new Unheard(...NO_FILE);
  if (media.error) throw new Unheard(...NO_PLAYING);
  return { from: media, heard: true, own: true };
}

/** The panels of the page, and what is chosen in them. lost(text): what was listened to is gone. */
export class Sources {
  constructor(root, { lost, over }) {
    this.root = root;
    this.lost = lost;
    this.media = el("video", { class: "live-media", controls: true, playsinline: true, preload: "metadata", hidden: true, "aria-label": "The file" });
    $("#media-place", root).append(this.media);
    this.device = $("#device", root);
    this.address = "";
    this.open = null;
    for (const input of root.querySelectorAll('input[name="from"]')) input.addEventListener("change", () => this.show());
    $("#media-file", root).addEventListener("change", (event) => this.choose(event.target.files[0]));
    this.media.addEventListener("ended", over);
    navigator.mediaDevices?.addEventListener?.("devicechange", () => this.devices());
    addEventListener("pagehide", () => this.close());
    this.devices();
    this.show();
  }

  get kind() {
    return $('input[name="from"]:checked', this.root).value;
  }

  show() {
    for (const panel of this.root.querySelectorAll(".live-source")) panel.hidden = panel.dataset.from !== this.kind;
    this.say(null);
  }

  /** Microphones by name; browsers tell the names once one was opened. */
  async devices() {
    const all = (await navigator.mediaDevices?.enumerateDevices?.()) ?? [];
    const found = all.filter((device) => device.kind === "audioinput" && device.deviceId && device.deviceId !== "default");
    const chosen = this.device.value;
    const options = found.map((device, place) => el("option", { value: device.deviceId }, device.label || `Microphone ${place + 1}`));
    this.device.replaceChildren(this.device.options[0], ...options);
    this.device.value = found.some((device) => device.deviceId === chosen) ? chosen : "";
  }

  choose(chosen) {
    URL.revokeObjectURL(this.address);
    this.address = chosen ? URL.createObjectURL(chosen) : "";
    this.media.hidden = !chosen;
    if (chosen) this.media.src = this.address;
    else this.media.removeAttribute("src");
    this.media.classList.toggle("live-media-sound", Boolean(chosen?.type.startsWith("audio")));
    this.say(null);
  }

  /** A problem where it happened; null for none. */
  say(problem) {
    const box = $("#source-problem", this.root);
    box.replaceChildren(...(problem ? [el("div", { class: "notice notice-danger" }, icon("circle-alert"), el("div", {}, el("strong", {}, problem.title), el("p", {}, problem.remedy)))] : []));
  }

  hint(text) {
    const box = $("#source-problem", this.root);
    box.replaceChildren(...(text ? [el("div", { class: "notice notice-warn" }, icon("triangle-alert"), el("div", {}, text))] : []));
  }

  /** Open what is chosen. Must be the first thing after a click. Raises Unheard, which is shown as well. */
  async take() {
    this.say(null);
    this.close();
    const ways = { microphone: () => microphone(this.device.value), tab, file: () => file(this.media) };
    try {
      this.open = { kind: this.kind, ...(await ways[this.kind]()) };
    } catch (error) {
      this.say(error);
      throw error;
    }
    this.watch();
    this.devices();
    return this.open;
  }

  /** Somebody unplugs it, or ends the sharing. */
  watch() {
    const { open } = this;
    if (!(open.from instanceof MediaStream)) return;
    for (const track of open.from.getTracks()) {
      track.addEventListener("ended", () => {
        if (this.open === open) this.lost(open.kind === "tab" ? "The tab is not shared any more." : "The microphone is gone.");
      });
    }
  }

  close() {
    const { open } = this;
    this.open = null;
    if (open?.from instanceof MediaStream) for (const track of open.from.getTracks()) track.stop();
    else this.media.pause();
  }
}
