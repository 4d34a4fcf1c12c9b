// Small waveform players for lists: one plays at a time, and nothing is loaded before it is played.
//
//   <div data-sound="/url" data-peaks="[0.1, 0.8]" data-duration="12.3" data-label="What it is"></div>
//
// What the element holds without scripts (an <audio>, say) gives way to the player.
import { $$, el, icon } from "./dom.js";
import { clock } from "./format.js";
import { Waveform } from "./waveform.js";

const FLAT = Array.from({ length: 80 }, () => 0.0025); // a line, where the peaks are not known

let playing = null;

export class Sound {
  /** box: the element, with the data above. */
  constructor(box) {
    this.box = box;
    this.url = box.dataset.sound;
    this.duration = Number(box.dataset.duration) || 0;
    this.audio = null;
    this.frame = 0;
    const label = box.dataset.label || "Recording";
    this.button = el("button", { type: "button", class: "sound-play", "aria-label": `Play: ${label}` }, icon("play"));
    this.canvas = el("canvas", { class: "sound-wave", role: "slider", tabindex: "0", "aria-label": `${label}: position`, "aria-valuemin": "0", "aria-valuemax": String(Math.round(this.duration)), "aria-valuenow": "0", "aria-valuetext": "0:00" });
    this.time = el("span", { class: "sound-time num", "aria-hidden": "true" }, clock(this.duration));
    this.label = label;
    box.replaceChildren(this.button, this.canvas, this.time);
    box.classList.add("sound");
    this.wave = new Waveform(this.canvas, this.duration, (seconds) => this.seek(seconds));
    this.wave.rest = true;
    const given = JSON.parse(box.dataset.peaks || "[]");
    this.wave.peaks = given.length ? given : FLAT;
    this.wave.draw();
    this.button.addEventListener("click", () => this.toggle());
    this.canvas.addEventListener("click", () => this.play());
    this.canvas.addEventListener("keydown", (event) => {
      if (event.key !== " " && event.key !== "Enter") return;
      event.preventDefault();
      this.toggle();
    });
    box.sound = this;
  }

  /** The audio element, made when it is first wanted. */
  get media() {
    if (!this.audio) {
      this.audio = new Audio(this.url);
      this.audio.addEventListener("ended", () => this.rewind());
      this.audio.addEventListener("pause", () => this.show());
      this.audio.addEventListener("error", () => this.fail());
      this.audio.addEventListener("loadedmetadata", () => {
        if (!Number.isFinite(this.audio.duration)) return;
        this.duration = this.audio.duration;
        this.wave.duration = this.duration;
        this.canvas.setAttribute("aria-valuemax", String(Math.round(this.duration)));
      });
    }
    return this.audio;
  }

  get on() {
    return Boolean(this.audio) && !this.audio.paused;
  }

  toggle() {
    if (this.on) this.audio.pause();
    else this.play();
  }

  play() {
    if (playing !== this) playing?.pause();
    playing = this;
    this.wave.rest = false;
    this.media.play().then(
      () => this.tick(),
      () => this.show(),
    );
    this.show();
  }

  pause() {
    this.audio?.pause();
  }

  seek(seconds) {
    this.wave.rest = false;
    this.media.currentTime = seconds;
    this.show();
  }

  rewind() {
    this.audio.currentTime = 0;
    this.wave.rest = true;
    this.show();
  }

  fail() {
    this.box.classList.add("sound-failed");
    this.button.disabled = true;
    this.time.textContent = "not here";
    this.button.setAttribute("aria-label", `${this.label}: cannot be played`);
  }

  tick() {
    cancelAnimationFrame(this.frame);
    this.show();
    if (this.on) this.frame = requestAnimationFrame(() => this.tick());
  }

  show() {
    const { on } = this;
    if (this.box.classList.contains("sound-failed")) return;
    if (this.box.classList.toggle("sound-on", on) !== this.shown) {
      this.shown = on;
      this.button.replaceChildren(on ? icon("pause") : icon("play"));
      this.button.setAttribute("aria-label", `${on ? "Pause" : "Play"}: ${this.label}`);
    }
    const at = this.audio?.currentTime ?? 0;
    this.wave.show(at);
    this.time.textContent = clock(this.wave.rest ? this.duration : at);
  }

  close() {
    if (playing === this) playing = null;
    cancelAnimationFrame(this.frame);
    this.wave.close();
    if (!this.audio) return;
    this.audio.pause();
    this.audio.removeAttribute("src");
    this.audio.load();
  }
}

/** Make players of the elements of `root` that are none yet. */
export function sounds(root = document) {
  for (const box of $$("[data-sound]", root)) if (!box.sound) new Sound(box);
}

addEventListener("themechange", () => {
  for (const box of $$(".sound")) box.sound?.wave.draw();
});
