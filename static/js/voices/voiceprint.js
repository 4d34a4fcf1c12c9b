// The embedding of a voice as a small picture, from faint to strong: 16 × 16 fields for all of it, fewer for a face.
import { $$ } from "../lib/dom.js";

const COUNT = 256;

/** Three corners of the palette, as the page's theme has them: [red, green, blue] each. */
function palette() {
  const probe = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const style = getComputedStyle(document.documentElement);
  const box = document.createElement("i");
  document.body.append(box);
  const corners = ["--surface-3", "--brand", "--amber"].map((name) => {
    box.style.color = `var(${name})`;
    probe.fillStyle = getComputedStyle(box).color || style.color;
    probe.fillRect(0, 0, 1, 1);
    return [...probe.getImageData(0, 0, 1, 1).data.slice(0, 3)];
  });
  box.remove();
  return corners;
}

const mix = (from, to, share) => from.map((value, place) => value + (to[place] - value) * share);

/** One number, 0 to 1, for each field of a picture of `fields`: neighbours are taken together where it has fewer. */
function shares(digits, fields) {
  const each = COUNT / fields;
  const sums = Array.from({ length: fields }, () => 0);
  for (let place = 0; place < COUNT; place += 1) sums[Math.floor(place / each)] += parseInt(digits.slice(2 * place, 2 * place + 2), 16);
  const [low, high] = [Math.min(...sums), Math.max(...sums)];
  return sums.map((sum) => (sum - low) / (high - low || 1));
}

function paint(canvas, [faint, middle, strong]) {
  const digits = canvas.dataset.voiceprint;
  if (digits.length !== 2 * COUNT) return;
  const pen = canvas.getContext("2d");
  const picture = pen.createImageData(canvas.width, canvas.height);
  shares(digits, canvas.width * canvas.height).forEach((share, place) => {
    const colour = share < 0.6 ? mix(faint, middle, share / 0.6) : mix(middle, strong, (share - 0.6) / 0.4);
    picture.data.set([...colour, 255], 4 * place);
  });
  pen.putImageData(picture, 0, 0);
}

/** Paint those of `root`, again after a change of theme. */
export function voiceprints(root = document) {
  const found = $$("[data-voiceprint]", root);
  if (!found.length) return;
  const colours = palette();
  for (const canvas of found) paint(canvas, colours);
}

addEventListener("themechange", () => voiceprints());
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => voiceprints());
