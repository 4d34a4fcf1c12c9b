// A waveform drawn from its peaks; a slider for the position.
import { clock } from "./format.js";

const STEP = 5; // seconds, for the arrow keys; less where the whole is short

export class Waveform {
  constructor(canvas, duration, seek) {
    this.canvas = canvas;
    this.duration = duration;
    this.peaks = [];
    this.at = 0;
    this.rest = false; // nothing of it was played: no position to show
    this.resize = new ResizeObserver(() => this.draw());
    this.resize.observe(canvas);
    const to = (event) => {
      const box = canvas.getBoundingClientRect();
      seek(Math.max(0, Math.min(1, (event.clientX - box.left) / box.width)) * this.duration);
    };
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      to(event);
    });
    canvas.addEventListener("pointermove", (event) => canvas.hasPointerCapture(event.pointerId) && to(event));
    canvas.addEventListener("keydown", (event) => {
      const step = Math.min(STEP, this.duration / 12);
      const moves = { ArrowRight: this.at + step, ArrowUp: this.at + step, ArrowLeft: this.at - step, ArrowDown: this.at - step, PageUp: this.at + 6 * step, PageDown: this.at - 6 * step, Home: 0, End: this.duration };
      if (!(event.key in moves)) return;
      event.preventDefault();
      seek(Math.max(0, Math.min(this.duration, moves[event.key])));
    });
  }

  async load(url) {
    const answer = await fetch(url, { credentials: "same-origin" });
    if (!answer.ok) return;
    // Lowest and highest sample of each stretch, in turn.
    const { data } = await answer.json();
    this.peaks = data.flatMap((low, place) => (place % 2 ? [] : [Math.max(-low, data[place + 1])]));
    this.draw();
  }

  /** The position in seconds. */
  show(seconds) {
    const whole = Math.floor(seconds);
    const moved = whole !== Math.floor(this.at);
    this.at = seconds;
    if (moved) {
      this.canvas.setAttribute("aria-valuenow", String(whole));
      this.canvas.setAttribute("aria-valuetext", clock(seconds));
    }
    this.draw();
  }

  draw() {
    const { canvas, peaks } = this;
    const ratio = devicePixelRatio || 1;
    const width = canvas.clientWidth;
    const height = canvas.clientHeight;
    if (!width || !peaks.length) return;
    if (canvas.width !== Math.round(width * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    const pen = canvas.getContext("2d");
    const style = getComputedStyle(canvas);
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    const bars = Math.floor(width / 4);
    const here = (this.at / (this.duration || 1)) * width;
    pen.fillStyle = style.color;
    for (let bar = 0; bar < bars; bar += 1) {
      const from = Math.floor((bar / bars) * peaks.length);
      const to = Math.max(from + 1, Math.floor(((bar + 1) / bars) * peaks.length));
      let top = 0;
      for (let place = from; place < to && place < peaks.length; place += 1) top = Math.max(top, peaks[place]);
      const tall = Math.max(2, Math.sqrt(top) * (height - 6));
      const x = bar * 4 + 0.5;
      pen.globalAlpha = this.rest ? 0.72 : x <= here ? 1 : 0.38;
      pen.beginPath();
      pen.roundRect(x, (height - tall) / 2, 2.6, tall, 1.3);
      pen.fill();
    }
    pen.globalAlpha = 1;
    if (!this.rest) pen.fillRect(Math.min(width - 2, Math.max(0, here - 1)), 0, 2, height);
  }

  close() {
    this.resize.disconnect();
  }
}
