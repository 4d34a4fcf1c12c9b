// A recorder: asks for the microphone, shows the level, counts down, records, plays back, trims, and gives a WAV file.
//
//   const recorder = new Recorder(box, { max: 60, changed(file) { … } });
//
// The sound is taken as the microphone gives it, without the browser's noise suppression and levelling: a voice is
// measured and cloned from what was really there.
import { el, icon } from "./dom.js";
import { clock } from "./format.js";
import { AS_IT_IS, obstacle, permission, PROBLEMS, problemOf } from "./microphone.js";
import { Sound } from "./sound.js";
import { Trim } from "./trim.js";
import { joined, loudest, peaks, wav } from "./wav.js";

const QUIET = 0.03; // highest sample of a second, of full scale (about -30 dB)
const LOUD = 0.97;
const SILENT = 0.008;
const SPARE = 0.5; // seconds beyond the shortest that are worth trimming
const HINTS = {
  wait: "Say a few words, and watch the level.",
  quiet: "Quiet: come closer to the microphone.",
  good: "The level is good.",
  loud: "Too loud: move back a little, or turn the microphone down.",
};
const spoken = (seconds) => (seconds < 120 ? `${seconds} seconds` : `${Math.floor(seconds / 60)} minutes`);

export class Recorder {
  /**
   * box: the element that it draws itself into. max, min: seconds. countdown: seconds before it records. name: of the
   * file. label: of what is recorded, for buttons. use: { label, take(file) }, where a recording is taken over and the
   * next one can be made (else it stays, as the box's value). changed(file): a recording is there, or null: it no longer is.
   * state(name): of idle, asking, ready, counting, recording, done, refused.
   */
  constructor(box, { max = 120, min = 1, countdown = 3, name = "recording", label = "Record", use = null, changed = () => {}, state = () => {} } = {}) {
    this.box = box;
    this.given = { max, min, countdown, name, label, use, changed, state };
    this.device = "";
    this.file = null;
    this.length = 0; // seconds of it
    this.mic = null; // { stream, context, node } while the microphone is open
    this.turn = 0; // of opening it: what an earlier one still brings is dropped
    this.said = el("div", { class: "visually-hidden", role: "status" });
    this.stage = el("div", { class: "rec" });
    box.replaceChildren(this.stage, this.said);
    this.leave = () => this.release();
    addEventListener("pagehide", this.leave);
    const wrong = obstacle();
    if (wrong) this.refuse(wrong);
    else this.idle();
  }

  /** Draw a state, and move the focus to `focus` where it would be lost. */
  draw(name, children, focus = null) {
    const held = this.stage.contains(document.activeElement);
    this.stage.dataset.state = name;
    this.stage.replaceChildren(...children.filter(Boolean));
    if (held && focus) focus.focus();
    this.given.state(name);
  }

  say(text) {
    if (this.said.textContent !== text) this.said.textContent = text;
  }

  keep(file) {
    this.file = file;
    this.given.changed(file);
  }

  // --- idle: why, before the browser asks ---------------------------------------------------------------------------
  async idle() {
    const open = el("button", { type: "button", class: "btn btn-primary", onclick: () => this.open() }, icon("mic"), this.given.label);
    const why = el("p", { class: "help" }, "Your browser asks for the microphone first. Nothing leaves this page until you send it.");
    this.draw("idle", [el("span", { class: "rec-icon" }, icon("mic")), open, why], open);
    const now = await permission();
    if (now === "granted") why.textContent = `Up to ${spoken(this.given.max)}. Nothing leaves this page until you send it.`;
  }

  refuse(name) {
    this.release();
    const [title, remedy] = PROBLEMS[name];
    const hopeless = name === "old" || name === "insecure";
    const again = hopeless ? null : el("button", { type: "button", class: "btn btn-sm", onclick: () => this.open() }, icon("rotate-cw"), "Try again");
    this.draw("refused", [el("span", { class: "rec-icon rec-icon-off" }, icon("mic-off")), el("strong", {}, title), el("p", { class: "help" }, remedy), again], again);
    this.say(`${title}. ${remedy}`);
  }

  // --- the microphone -----------------------------------------------------------------------------------------------
  async open() {
    this.release();
    this.keep(null);
    this.draw("asking", [el("span", { class: "rec-icon" }, icon("mic")), el("strong", {}, "Allow the microphone"), el("p", { class: "help" }, "Your browser is asking, near the address.")]);
    const turn = this.turn;
    try {
      await this.connect(turn);
    } catch (error) {
      if (turn === this.turn) this.refuse(problemOf(error));
    }
    if (turn === this.turn && this.mic) await this.ready();
  }

  async connect(turn) {
    const wanted = this.device ? { ...AS_IT_IS, deviceId: { ideal: this.device } } : AS_IT_IS;
    const stream = await navigator.mediaDevices.getUserMedia({ audio: wanted });
    if (turn !== this.turn) {
      for (const track of stream.getTracks()) track.stop();
      return;
    }
    const context = new AudioContext();
    this.mic = { stream, context, node: null };
    await context.audioWorklet.addModule(new URL("./recorder-tap.js", import.meta.url));
    const node = new AudioWorkletNode(context, "tap", { numberOfOutputs: 0, channelCount: 1, channelCountMode: "explicit" });
    node.port.onmessage = (event) => this.hear(event.data);
    context.createMediaStreamSource(stream).connect(node);
    await context.resume();
    this.mic.node = node;
    this.levels = [];
    this.chunks = null;
    stream.getAudioTracks()[0].addEventListener("ended", () => this.mic?.stream === stream && this.refuse("none"));
  }

  /** Close the microphone: the browser's sign that it listens goes out. */
  release() {
    this.turn += 1;
    clearInterval(this.clock);
    cancelAnimationFrame(this.frame);
    if (!this.mic) return;
    const { stream, context, node } = this.mic;
    this.mic = null;
    if (node) node.port.onmessage = null;
    for (const track of stream.getTracks()) track.stop();
    context.close();
  }

  /** A block of samples came from the microphone. */
  hear(block) {
    this.levels.push(loudest(block));
    if (this.levels.length > 600) this.levels.splice(0, 300);
    if (!this.chunks) return;
    this.chunks.push(block);
    this.taken += block.length;
    if (this.taken / this.mic.context.sampleRate >= this.given.max) this.stop();
  }

  // --- ready: the level, before it counts -----------------------------------------------------------------------------
  async ready() {
    const start = el("button", { type: "button", class: "btn btn-primary rec-go", onclick: () => this.count() }, el("span", { class: "rec-dot", "aria-hidden": "true" }), "Start recording");
    const cancel = el("button", { type: "button", class: "btn btn-ghost", onclick: () => this.cancel() }, "Cancel");
    this.draw("ready", [this.meter(), await this.choice(), el("div", { class: "btn-group" }, start, cancel)], start);
    start.focus();
    this.watch();
  }

  cancel() {
    this.release();
    this.keep(null);
    this.idle();
  }

  /** Which microphone, where there are several. */
  async choice() {
    const found = (await navigator.mediaDevices.enumerateDevices()).filter((device) => device.kind === "audioinput");
    if (found.length < 2) return null;
    const now = this.mic.stream.getAudioTracks()[0].getSettings().deviceId;
    const options = found.map((device, place) => el("option", { value: device.deviceId, selected: device.deviceId === now }, device.label || `Microphone ${place + 1}`));
    const select = el("select", { class: "input rec-choice", "aria-label": "Microphone" }, ...options);
    select.addEventListener("change", () => {
      this.device = select.value;
      this.open();
    });
    return select;
  }

  meter() {
    this.canvas = el("canvas", { class: "rec-wave", "aria-hidden": "true" });
    this.hint = el("span", { class: "rec-hint" }, HINTS.wait);
    this.time = el("span", { class: "rec-time num" }, clock(0));
    return el("div", { class: "rec-meter" }, this.canvas, el("div", { class: "rec-line" }, this.hint, this.time));
  }

  /** The loudest of about the last second. */
  get level() {
    return Math.max(0, ...this.levels.slice(-24));
  }

  watch() {
    const look = () => {
      if (!this.mic) return;
      this.paint();
      this.frame = requestAnimationFrame(look);
    };
    look();
    this.clock = setInterval(() => this.judge(), 700);
  }

  judge() {
    const { level } = this;
    const name = this.levels.length < 12 || level < SILENT ? "wait" : level < QUIET ? "quiet" : level > LOUD ? "loud" : "good";
    if (this.hint.dataset.level === name) return;
    this.hint.dataset.level = name;
    this.hint.textContent = HINTS[name];
    if (name !== "wait") this.say(HINTS[name]);
  }

  /** The last seconds of sound, newest at the right. */
  paint() {
    const { canvas } = this;
    const ratio = devicePixelRatio || 1;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (!width) return;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    const pen = canvas.getContext("2d");
    const style = getComputedStyle(canvas);
    const [calm, loud] = [style.color, style.getPropertyValue("--loud")];
    pen.scale(ratio, ratio);
    const bars = Math.floor(width / 5);
    const shown = this.levels.slice(-bars);
    for (let bar = 0; bar < bars; bar += 1) {
      const level = shown[shown.length - bars + bar] ?? 0;
      const tall = Math.max(3, Math.sqrt(level) * height);
      pen.fillStyle = level > LOUD ? loud : calm;
      pen.globalAlpha = 0.35 + (0.65 * bar) / bars;
      pen.beginPath();
      pen.roundRect(bar * 5 + 1, (height - tall) / 2, 3, tall, 1.5);
      pen.fill();
    }
    if (this.chunks) this.showTime();
  }

  // --- counting down, recording -----------------------------------------------------------------------------------------
  count() {
    let rest = this.given.countdown;
    if (!rest) return this.record();
    const number = el("span", { class: "rec-count", "aria-hidden": "true" });
    const cancel = el("button", { type: "button", class: "btn btn-ghost", onclick: () => this.cancel() }, "Cancel");
    this.draw("counting", [number, el("strong", {}, "Get ready"), cancel], cancel);
    const tick = () => {
      if (rest === 0) return this.record();
      number.textContent = String(rest);
      number.classList.remove("pop");
      requestAnimationFrame(() => number.classList.add("pop"));
      this.say(String(rest));
      rest -= 1;
      return undefined;
    };
    clearInterval(this.clock);
    cancelAnimationFrame(this.frame);
    this.clock = setInterval(tick, 1000);
    return tick();
  }

  record() {
    clearInterval(this.clock);
    this.chunks = [];
    this.taken = 0;
    this.levels = [];
    const stop = el("button", { type: "button", class: "btn btn-danger-solid rec-go", onclick: () => this.stop() }, icon("square"), "Stop");
    const again = el("button", { type: "button", class: "btn btn-ghost", onclick: () => this.cancel() }, "Discard");
    this.draw("recording", [this.meter(), el("div", { class: "btn-group" }, stop, again)], stop);
    stop.focus();
    this.hint.textContent = "Recording";
    this.say("Recording.");
    this.watch();
  }

  /** Seconds of sound so far. */
  get seconds() {
    return this.chunks && this.mic ? this.taken / this.mic.context.sampleRate : 0;
  }

  showTime() {
    const text = `${clock(this.seconds)} / ${clock(this.given.max)}`;
    if (this.time.textContent !== text) this.time.textContent = text;
  }

  // --- done ---------------------------------------------------------------------------------------------------------------
  stop() {
    const { chunks, mic } = this;
    if (!chunks || !mic) return;
    this.chunks = null;
    const rate = mic.context.sampleRate;
    this.release();
    const samples = joined(chunks);
    const { min } = this.given;
    const seconds = samples.length / rate;
    const spare = loudest(samples) >= SILENT && seconds > min + SPARE;
    this.trim = spare ? new Trim(seconds, min, (from, to) => this.cut(samples, rate, from, to)) : null;
    this.done(samples, rate);
  }

  /** Keep a part of what was recorded. */
  cut(samples, rate, from, to) {
    URL.revokeObjectURL(this.address);
    const held = this.trim.box.contains(document.activeElement) ? document.activeElement : null;
    this.done(samples.subarray(Math.round(from * rate), Math.round(to * rate)), rate, held);
  }

  /** What is wrong with it, where the page can tell; "" for nothing. */
  doubt(samples, rate) {
    if (samples.length / rate < this.given.min) return `That was too short: at least ${this.given.min} seconds are needed.`;
    const top = loudest(samples);
    if (top < SILENT) return "That was silent. Check which microphone is chosen, and that it is not muted.";
    return top > LOUD ? "It was too loud in places, so that the sound is cut off. Better record it again, a little further away." : "";
  }

  done(samples, rate, focus = null) {
    const file = new File([wav(samples, rate)], `${this.given.name}.wav`, { type: "audio/wav" });
    const doubt = this.doubt(samples, rate);
    const useless = samples.length / rate < this.given.min || loudest(samples) < SILENT;
    const address = URL.createObjectURL(file);
    this.address = address;
    this.length = samples.length / rate;
    const box = el("div", { "data-sound": address, "data-peaks": JSON.stringify(peaks(samples)), "data-duration": samples.length / rate, "data-label": "Your recording" });
    const again = el("button", { type: "button", class: "btn btn-sm", onclick: () => this.again(address) }, icon("rotate-cw"), "Record again");
    const drop = el("button", { type: "button", class: "btn btn-sm btn-ghost", onclick: () => this.drop(address) }, icon("trash-2"), "Discard");
    const note = doubt && el("p", { class: "notice notice-warn small" }, icon("triangle-alert"), el("span", {}, doubt));
    const { use } = this.given;
    const take = use && !useless && el("button", { type: "button", class: "btn btn-sm btn-primary", onclick: () => this.hand(file, address) }, icon("check"), use.label);
    this.player?.close();
    this.player = new Sound(box);
    this.draw("done", [box, this.trim?.box, note || null, el("div", { class: "btn-group" }, ...[take, again, drop].filter(Boolean))], focus || take || this.player.button);
    this.player.wave.draw();
    this.say(doubt || `Recorded, ${Math.round(samples.length / rate)} seconds.`);
    this.keep(useless ? null : file);
  }

  /** The page takes the recording over. */
  hand(file, address) {
    this.drop(address);
    this.given.use.take(file);
  }

  again(address) {
    URL.revokeObjectURL(address);
    this.open();
  }

  drop(address) {
    URL.revokeObjectURL(address);
    this.clear();
  }

  /** Back to the start, with nothing recorded. */
  clear() {
    this.release();
    this.player?.close();
    this.player = null;
    this.keep(null);
    this.idle();
  }

  /** The page is done with it. */
  close() {
    this.release();
    this.player?.close();
    removeEventListener("pagehide", this.leave);
    this.box.replaceChildren();
  }
}
