// Who speaks: number, name, voice, likeness; and a voice for them from a recording.
import { $, el, icon } from "../lib/dom.js";
import { fieldError } from "../lib/dropzone.js";
import { clock, percent } from "../lib/format.js";
import { Recorder } from "../lib/recorder.js";
import { wav } from "../lib/wav.js";
import { chip, colour } from "./lines.js";
import { base64 } from "./wire.js";

const VOICES = {
  stock: ["A voice of the engine’s", "badge"],
  building: ["Own voice in the making", "badge badge-info badge-live"],
  own: ["Own voice", "badge badge-ok"],
  library: ["A voice of the library", "badge badge-brand"],
  given: ["From a recording", "badge badge-brand"],
};
const RATE = 24_000; // Hz of what is sent of a recording

/** A recording as WAV in base64, no longer than `longest` seconds. Raises an Error that says what to do. */
async function sample(file, longest) {
  let sound;
  try {
    sound = await new OfflineAudioContext(1, 1, RATE).decodeAudioData(await file.arrayBuffer());
  } catch {
    throw new Error(`The browser cannot read “${file.name}”. Choose a WAV, MP3, M4A, OGG or FLAC.`);
  }
  if (sound.duration > longest) throw new Error(`It is ${clock(sound.duration)} long; ${longest} seconds are the most. Cut out the clearest part.`);
  return base64(wav(sound.getChannelData(0), RATE));
}

/** The dialog that a voice is given in. send(speaker, sample): false where it could not be sent. */
class Giving {
  constructor(dialog, { longest, send }) {
    Object.assign(this, { dialog, longest, send });
    this.speaker = 0;
    this.recorder = null;
    this.file = $("#give-file", dialog);
    $("#give-cancel", dialog).addEventListener("click", () => dialog.close());
    $("#give-form", dialog).addEventListener("submit", (event) => this.submit(event));
    this.file.addEventListener("change", () => this.file.value && this.recorder?.clear());
    dialog.addEventListener("close", () => this.leave());
  }

  open(speaker, name) {
    this.speaker = speaker;
    $("#give-title", this.dialog).textContent = `A voice for ${name}`;
    this.wrong("");
    this.dialog.showModal();
    this.recorder = new Recorder($("#give-recorder", this.dialog), {
      max: this.longest,
      min: 3,
      name: "voice",
      label: "Record",
      changed: (file) => { if (file) this.file.value = ""; },
    });
  }

  leave() {
    this.recorder?.close();
    this.recorder = null;
    $("#give-form", this.dialog).reset();
  }

  wrong(text) {
    fieldError("give", text ? [text] : []);
  }

  async submit(event) {
    event.preventDefault();
    const file = this.recorder?.file ?? this.file.files[0];
    if (!file) return this.wrong("Record something, or choose a recording.");
    if (!$("#give-declared", this.dialog).checked) return this.wrong("Say that you may use this voice.");
    const button = $("#give-send", this.dialog);
    button.setAttribute("aria-busy", "true");
    try {
      if (!this.send(this.speaker, await sample(file, this.longest))) throw new Error("There is no connection now. Try again when it is back.");
      this.dialog.close();
    } catch (error) {
      this.wrong(error.message);
    }
    button.removeAttribute("aria-busy");
    return undefined;
  }
}

export class People {
  /** given: { longest: seconds of a recording, send(speaker, sample) }. */
  constructor(root, transcript, given) {
    this.list = $("#speakers", root);
    this.nobody = $("#nobody", root);
    this.transcript = transcript;
    this.giving = new Giving($("#give"), given);
    this.rows = new Map();
  }

  clear() {
    this.rows.clear();
    this.list.replaceChildren();
    this.nobody.hidden = false;
  }

  /** A `speaker` message. */
  put(message) {
    this.nobody.hidden = true;
    const key = this.transcript.key(message.speaker);
    if (!this.rows.has(key)) this.rows.set(key, this.add(message.speaker, key));
    const row = this.rows.get(key);
    const [words, look] = VOICES[message.voice];
    $("strong", row).textContent = this.transcript.name(key);
    $(".badge", row).className = look;
    $(".badge", row).textContent = words;
    $("[data-seconds]", row).textContent = `${Math.round(message.seconds)} s heard`;
    $("[data-alike]", row).textContent = message.new ? "" : `${percent(message.similarity)} alike`;
  }

  add(number, key) {
    const give = el("button", { type: "button", class: "btn btn-ghost btn-sm" }, icon("mic-vocal"), "Give a voice", el("span", { class: "visually-hidden" }, ` to speaker ${number + 1}`));
    give.addEventListener("click", () => this.giving.open(number, this.transcript.name(key)));
    const facts = el("span", { class: "tiny muted num live-speaker-facts" }, el("span", { "data-seconds": true }), el("span", { "data-alike": true }));
    const row = el("li", { "data-who": colour(number) }, chip(number), el("div", { class: "grow" }, el("strong", {}), el("div", { class: "live-speaker-line" }, el("span", { class: "badge" }), facts)), give);
    this.list.append(row);
    return row;
  }

  /** The session is over: nobody can be given a voice any more. */
  over() {
    for (const row of this.rows.values()) $("button", row)?.remove();
    if (this.giving.dialog.open) this.giving.dialog.close();
  }
}
