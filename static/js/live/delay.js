// The delay, drawn: a bar for each clause, and the percentiles by component.
import { $, $$ } from "../lib/dom.js";

const PARTS = ["recognition", "translation", "synthesis"];
const SHOWN = 40; // clauses
const [WIDTH, HEIGHT] = [300, 96];
const AIM = 1; // second
const SVG = "http://www.w3.org/2000/svg";

const seconds = (value) => (value === null || value === undefined ? "–" : value.toFixed(2));
const withUnit = (value) => (value === null || value === undefined ? "–" : value < 1 ? `${Math.round(1000 * value)} ms` : `${value.toFixed(1)} s`);

function shape(name, attributes) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}

export class Delay {
  constructor(root) {
    this.root = root;
    this.chart = $("#delay-chart", root);
    this.clear();
  }

  clear() {
    this.clauses = [];
    this.percentiles = {};
    this.draw();
    for (const cell of $$("td", this.root)) cell.textContent = "–";
    for (const fact of $$("[data-fact]", this.root)) fact.textContent = "–";
    $("#delay-now", this.root).textContent = "–";
  }

  /** A clause was spoken. delays: of the wire. */
  took(delays) {
    this.clauses.push(delays);
    if (this.clauses.length > SHOWN) this.clauses.shift();
    for (const row of $$("tr[data-part]", this.root)) row.children[1].textContent = seconds(delays[row.dataset.part]);
    $("#delay-now", this.root).textContent = `${seconds(delays.total)} s`;
    this.root.classList.toggle("delay-late", delays.total > AIM);
    this.draw();
  }

  /** A `metrics` message. */
  metrics({ delays, lag, real_time_factor: factor, similarity }) {
    this.percentiles = delays;
    for (const row of $$("tr[data-part]", this.root)) {
      const found = delays[row.dataset.part];
      row.children[2].textContent = seconds(found?.count ? found.p50 : null);
      row.children[3].textContent = seconds(found?.count ? found.p95 : null);
    }
    this.fact("lag", withUnit(lag));
    this.fact("factor", factor ? factor.toFixed(2) : "–");
    this.fact("similarity", similarity === null ? "–" : similarity.toFixed(2));
    this.name();
  }

  /** Of the dub's buffer, and of the network. trip: seconds. ear: until one hears it, seconds. */
  sound({ buffered, target, underruns }, trip, ear) {
    this.fact("buffer", `${withUnit(buffered)} / ${withUnit(target)}`);
    this.fact("gaps", String(underruns));
    this.fact("trip", withUnit(trip));
    this.fact("ear", withUnit(ear));
  }

  fact(name, text) {
    const cell = $(`[data-fact="${name}"]`, this.root);
    if (cell.textContent !== text) cell.textContent = text;
  }

  // --- the picture ------------------------------------------------------------------------------------------------------
  draw() {
    const most = Math.max(1.25 * AIM, ...this.clauses.map((one) => one.total));
    const scale = HEIGHT / most;
    const wide = WIDTH / SHOWN;
    const bars = this.clauses.flatMap((one, place) => this.bar(one, (SHOWN - this.clauses.length + place) * wide, wide, scale));
    const aim = HEIGHT - AIM * scale;
    this.chart.replaceChildren(...bars, shape("line", { class: "delay-aim", x1: 0, x2: WIDTH, y1: aim, y2: aim }));
    this.name();
  }

  bar(delays, left, wide, scale) {
    let top = HEIGHT;
    return PARTS.map((part) => {
      const tall = delays[part] * scale;
      top -= tall;
      return shape("rect", { class: `delay-${part}`, x: left + 1, y: top, width: wide - 2, height: tall });
    });
  }

  /** The picture in words. */
  name() {
    const last = this.clauses.at(-1);
    const { total } = this.percentiles;
    const worst = total?.count ? `, half within ${seconds(total.p50)}, 95 of 100 within ${seconds(total.p95)} seconds` : "";
    this.chart.setAttribute("aria-label", last ? `The last clause took ${seconds(last.total)} seconds${worst}` : "No clause was dubbed yet");
  }
}
