// Recordings on their way in: dropped or recorded, heard once more, sent one after the other.
import { $, el, icon } from "../lib/dom.js";
import { fieldError } from "../lib/dropzone.js";
import { bytes, clock, percent } from "../lib/format.js";
import { Recorder } from "../lib/recorder.js";
import { Sound } from "../lib/sound.js";
import { upload } from "../lib/upload.js";
import { peaks } from "../lib/wav.js";

const DECODED = 40_000_000; // bytes; a larger file gets no waveform before it is sent

/** What is wrong with a file that the browser can see; "" for nothing. */
function problem(file, limits) {
  if (file.size === 0) return "It is empty (0 bytes). Choose the file again; the copy or download may have failed.";
  if (file.size > limits.max_bytes) return `It is ${bytes(file.size)} large; ${bytes(limits.max_bytes)} is the most. Cut out the part with the clearest speech.`;
  return "";
}

/** Seconds and peaks of a file, where this browser can read it. */
async function listen(file) {
  if (file.size > DECODED) return null;
  const context = new OfflineAudioContext(1, 1, 44_100);
  try {
    const sound = await context.decodeAudioData(await file.arrayBuffer());
    return { seconds: sound.duration, peaks: peaks(sound.getChannelData(0)) };
  } catch {
    return null;
  }
}

class Item {
  constructor(file, source, remove) {
    this.file = file;
    this.source = source;
    this.seconds = 0;
    this.state = "waiting"; // then sending, gone (its row is the server's) or refused
    this.address = URL.createObjectURL(file);
    this.facts = el("span", { class: "tiny muted num" }, bytes(file.size));
    this.player = el("div", { "data-sound": this.address, "data-label": file.name });
    this.line = el("div", { class: "sample-progress", hidden: true }, el("progress", { max: "1", value: "0", "aria-label": `Sending ${file.name}` }), el("span", { class: "tiny muted", role: "status" }));
    this.trouble = el("div", { class: "problem problem-bad small", role: "alert", hidden: true });
    this.take = el("button", { type: "button", class: "btn btn-ghost btn-sm", onclick: remove }, icon("x"), "Remove", el("span", { class: "visually-hidden" }, ` ${file.name}`));
    this.row = el("li", { class: "sample sample-pending" }, el("div", { class: "sample-top" }, el("div", { class: "grow" }, el("strong", { class: "sample-name truncate", title: file.name }, file.name), this.facts), this.take), this.player, this.trouble, this.line);
  }

  async look(limits) {
    const heard = await listen(this.file);
    if (this.state === "gone") return;
    if (!heard) {
      this.player.hidden = true;
      return;
    }
    this.seconds = heard.seconds;
    this.facts.textContent = `${bytes(this.file.size)} · ${clock(heard.seconds)}`;
    this.player.dataset.peaks = JSON.stringify(heard.peaks);
    this.player.dataset.duration = heard.seconds;
    this.sound = new Sound(this.player);
    this.sound.wave.draw();
    if (heard.seconds > limits.max_seconds) this.refuse(`It is ${clock(heard.seconds)} long; ${clock(limits.max_seconds)} is the most. Cut out the part with the clearest speech.`);
    else if (heard.seconds < limits.min_seconds) this.refuse(`It is only ${heard.seconds.toFixed(1)} s long; at least ${limits.min_seconds} s are needed.`);
  }

  refuse(text) {
    this.state = "refused";
    this.line.hidden = true;
    this.take.hidden = false;
    this.row.classList.add("sample-refused");
    this.trouble.replaceChildren(icon("circle-alert"), el("div", {}, text));
    this.trouble.hidden = false;
  }

  say(text, share) {
    this.line.hidden = false;
    this.take.hidden = true;
    $("progress", this.line).value = share;
    $("span", this.line).textContent = text;
  }

  close() {
    this.sound?.close();
    URL.revokeObjectURL(this.address);
  }
}

export class Intake {
  /**
   * list: where rows go. limits: of the page. changed(): something came or went. drawn(row, url): the server has the
   * recording; its own row takes this one's place. held: nothing is sent before `send(url)`.
   */
  constructor({ list, limits, changed = () => {}, drawn, url = "" }) {
    Object.assign(this, { list, limits, changed, drawn, url });
    this.items = [];
    this.count = 0;
    this.sending = false;
    this.zone($('[data-drop="sample"]'));
    this.recorder = new Recorder($("#recorder"), {
      max: 180,
      min: limits.min_seconds,
      label: "Record now",
      use: { label: "Use this recording", take: (file) => this.recorded(file) },
    });
  }

  zone(zone) {
    const input = $("input[type=file]", zone);
    input.addEventListener("change", () => {
      this.addAll(input.files);
      input.value = "";
    });
    let depth = 0;
    zone.addEventListener("dragenter", () => { depth += 1; zone.classList.add("over"); });
    zone.addEventListener("dragleave", () => { depth -= 1; if (depth <= 0) zone.classList.remove("over"); });
    // A file dropped beside the zone would make the browser leave the page.
    addEventListener("dragover", (event) => event.preventDefault());
    addEventListener("drop", (event) => {
      event.preventDefault();
      depth = 0;
      zone.classList.remove("over");
      this.addAll(event.dataTransfer.files);
    });
    queueMicrotask(() => input.files.length && input.dispatchEvent(new Event("change")));
  }

  recorded(file) {
    this.count += 1;
    this.add(new File([file], `Recording ${this.count}.wav`, { type: file.type }), "recording");
  }

  addAll(files) {
    const room = this.limits.max_count - this.list.children.length;
    fieldError("sample", files.length > room ? [`A voice may have ${this.limits.max_count} samples. The first ${Math.max(0, room)} were taken.`] : []);
    for (const file of [...files].slice(0, Math.max(0, room))) this.add(file, "upload");
  }

  add(file, source) {
    const item = new Item(file, source, () => this.remove(item));
    this.items.push(item);
    this.list.append(item.row);
    const wrong = problem(file, this.limits);
    if (wrong) item.refuse(wrong);
    else item.look(this.limits).then(() => this.changed());
    fieldError("sample", []);
    this.changed();
    if (this.url) this.send(this.url);
  }

  remove(item) {
    const next = item.row.nextElementSibling ?? this.list;
    item.close();
    item.row.remove();
    this.items = this.items.filter((one) => one !== item);
    (next.querySelector?.("button") ?? $('[data-drop="sample"] input')).focus();
    this.changed();
  }

  get waiting() {
    return this.items.filter((item) => item.state === "waiting");
  }

  /** Send what waits, one after the other. */
  async send(url) {
    this.url = url;
    if (this.sending) return;
    this.sending = true;
    for (let item = this.waiting[0]; item; item = this.waiting[0]) await this.sendOne(item);
    this.sending = false;
    this.changed();
  }

  sendOne(item) {
    const body = new FormData();
    body.set("sample", item.file, item.file.name);
    body.set("source", item.source);
    item.state = "sending";
    item.say("Sending", 0);
    return new Promise((resolve) => {
      const refuse = (text) => {
        item.refuse(text);
        resolve();
      };
      upload(this.url, body, {
        progress: ({ share }) => item.say(share >= 1 ? "Looking at the file" : `Sending, ${percent(share)}`, share),
        refused: (status, answer) => refuse(answer.fields?.sample?.[0] ?? answer.message ?? "The server did not take it. Remove it, and try again in a minute."),
        aborted: () => refuse("It was not sent. Remove it, and add it again."),
        done: ({ samples }) => {
          item.state = "gone";
          this.drawn(item.row, samples[0].url).then(() => {
            item.close();
            resolve();
          });
        },
      });
    });
  }
}
