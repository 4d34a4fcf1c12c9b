// Two handles on a recording: what lies outside them is left out.
//
//   const trim = new Trim(seconds, least, (from, to) => { … });   // trim.box is the element
import { el } from "./dom.js";
import { clock } from "./format.js";

const STEP = 0.1; // seconds

export class Trim {
  /** seconds: of the recording. least: that must be left of it. changed(from, to): in seconds, when a handle was let go. */
  constructor(seconds, least, changed) {
    this.seconds = seconds;
    this.least = Math.min(least, seconds);
    this.changed = changed;
    this.from = 0;
    this.to = seconds;
    const handle = (label, value) => el("input", { type: "range", class: "trim-handle", min: "0", max: seconds.toFixed(1), step: String(STEP), value: value.toFixed(1), "aria-label": label });
    this.first = handle("Begin at", 0);
    this.last = handle("End at", seconds);
    this.kept = el("span", { class: "trim-kept", "aria-hidden": "true" });
    this.says = el("span", { class: "num" });
    this.whole = el("button", { type: "button", class: "btn btn-ghost btn-sm", hidden: true, onclick: () => this.reset() }, "Whole recording");
    this.box = el("div", { class: "trim" }, el("div", { class: "trim-line" }, this.kept, this.first, this.last), el("div", { class: "trim-says small soft" }, this.says, this.whole));
    for (const input of [this.first, this.last]) {
      input.addEventListener("input", () => this.move(input));
      input.addEventListener("change", () => this.changed(this.from, this.to));
    }
    this.show();
  }

  /** A handle moved: it stops before the other one. */
  move(input) {
    const at = Number(input.value);
    if (input === this.first) this.from = Math.max(0, Math.min(at, this.to - this.least));
    else this.to = Math.min(this.seconds, Math.max(at, this.from + this.least));
    this.show();
  }

  reset() {
    this.from = 0;
    this.to = this.seconds;
    this.show();
    this.first.focus();
    this.changed(this.from, this.to);
  }

  show() {
    const { from, to, seconds } = this;
    this.first.value = from.toFixed(1);
    this.last.value = to.toFixed(1);
    this.first.setAttribute("aria-valuetext", clock(from));
    this.last.setAttribute("aria-valuetext", clock(to));
    this.kept.style.setProperty("--from", `${(100 * from) / seconds}%`);
    this.kept.style.setProperty("--to", `${(100 * to) / seconds}%`);
    const all = from === 0 && to === seconds;
    this.says.textContent = all ? "Drag the ends to trim it." : `Kept: ${from.toFixed(1)} to ${to.toFixed(1)} s.`;
    this.whole.hidden = all;
  }
}
