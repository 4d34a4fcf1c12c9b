// A place to drop a file, with a preview and a check of what can be checked before anything is sent.
import { $, el, icon } from "./dom.js";
import { bytes, clock } from "./format.js";

const fieldOf = (zone) => zone.closest(".field");

export function fieldError(name, texts) {
  const list = document.querySelector(`[data-errors-for="${name}"]`);
  if (!list) return false;
  list.replaceChildren(...texts.map((text) => el("li", {}, icon("circle-alert"), el("span", {}, text))));
  list.hidden = texts.length === 0;
  const input = document.getElementById(`id_${name}`);
  const shown = document.getElementById(`id_${name}-search`) ?? input;
  if (texts.length) shown?.setAttribute("aria-invalid", "true");
  else shown?.removeAttribute("aria-invalid");
  return true;
}

/** A problem with the file that the browser can see, or nothing. `limits`: max_bytes. */
function problem(file, limits) {
  if (file.size === 0) return `“${file.name}” is empty (0 bytes). Choose the file again; the copy or download may have failed.`;
  if (limits.max_bytes && file.size > limits.max_bytes) {
    return `“${file.name}” is ${bytes(file.size)} large; your limit is ${bytes(limits.max_bytes)}. Choose a smaller file or export it at a lower quality.`;
  }
  return "";
}

export function dropzone(zone, limits, changed) {
  const name = zone.dataset.drop;
  const input = $("input[type=file]", zone);
  const empty = $(".drop-empty", zone);
  const full = $(".drop-full", zone);
  let address = "";
  let file = null;
  let seconds = null;

  function clear() {
    if (address) URL.revokeObjectURL(address);
    address = "";
    file = seconds = null;
    input.value = "";
    full.hidden = true;
    full.replaceChildren();
    empty.hidden = false;
    zone.classList.remove("full");
    fieldError(name, []);
    changed(null);
  }

  function preview(row) {
    if (file.type.startsWith("image/")) return el("img", { src: address, alt: `Preview of ${file.name}` });
    if (/\.(txt|md|markdown|srt|vtt|csv)$/i.test(file.name)) return null;
    const kind = file.type.startsWith("audio") || /\.(mp3|wav|m4a|ogg|opus|flac)$/i.test(file.name) ? "audio" : "video";
    const media = el(kind, { controls: true, preload: "metadata", playsinline: true, "aria-label": `Preview of ${file.name}` });
    media.addEventListener("loadedmetadata", () => {
      if (!Number.isFinite(media.duration)) return;
      seconds = media.duration;
      zone.dispatchEvent(new Event("change", { bubbles: true })); // what depends on the length is asked again
      $(".facts-line", row).textContent = `${bytes(file.size)} · ${clock(media.duration)}`;
      if (limits.max_seconds && media.duration > limits.max_seconds) {
        fieldError(name, [`“${file.name}” is ${clock(media.duration)} long; your limit is ${clock(limits.max_seconds)}. Cut it into parts, or ask an administrator to raise the limit.`]);
        changed(file, true);
      }
    });
    media.addEventListener("error", () => {
      media.remove();
      $(".facts-line", row).textContent = `${bytes(file.size)} · no preview in this browser`;
    });
    media.src = address;
    return media;
  }

  function take(chosen) {
    if (!chosen) return;
    if (address) URL.revokeObjectURL(address);
    file = chosen;
    seconds = null;
    address = URL.createObjectURL(file);
    const row = el(
      "div",
      { class: "drop-row" },
      icon("file-check-2"),
      el("div", { class: "grow" }, el("strong", { class: "truncate", title: file.name }, file.name), el("span", { class: "small muted facts-line num" }, bytes(file.size))),
      el("button", { type: "button", class: "btn btn-sm", onclick: () => { clear(); input.focus(); } }, icon("x"), "Remove"),
    );
    full.replaceChildren(...[file.size ? preview(row) : null, row].filter(Boolean));
    full.hidden = false;
    empty.hidden = true;
    zone.classList.add("full");
    const wrong = problem(file, limits);
    fieldError(name, wrong ? [wrong] : []);
    changed(file, Boolean(wrong));
  }

  input.addEventListener("change", () => take(input.files[0]));
  let depth = 0;
  zone.addEventListener("dragenter", () => { depth += 1; zone.classList.add("over"); });
  zone.addEventListener("dragleave", () => { depth -= 1; if (depth <= 0) zone.classList.remove("over"); });
  zone.addEventListener("dragover", (event) => event.preventDefault());
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    event.stopPropagation();
    depth = 0;
    zone.classList.remove("over");
    take(event.dataTransfer.files[0]);
  });
  // Chosen before this script ran, or brought back by the browser; once the page around it is set up.
  queueMicrotask(() => { if (!file) take(input.files[0]); });
  return { get file() { return file; }, get seconds() { return seconds; }, get field() { return fieldOf(zone); }, take, clear };
}
