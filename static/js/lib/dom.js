// Small helpers around the document.

export const $ = (selector, root = document) => root.querySelector(selector);
export const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

/** An element with attributes and children; strings become text, never markup. */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

const SVG = "http://www.w3.org/2000/svg";

/** An icon of the sprite. */
export function icon(name) {
  const sprite = $('meta[name="icons"]').content;
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `${sprite}#${name}`);
  svg.append(use);
  return svg;
}

/** The value of a JSON data block. */
export function data(id) {
  const node = document.getElementById(id);
  return node ? JSON.parse(node.textContent) : null;
}

export function debounce(wait, work) {
  let timer = 0;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => work(...given), wait);
  };
}

export const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** Say something through the live region in the corner. */
export function toast(text, kind = "ok") {
  const close = el("button", { type: "button", "aria-label": "Dismiss" }, icon("x"));
  const item = el(
    "li",
    { class: kind === "error" ? "toast toast-error" : "toast" },
    icon(kind === "error" ? "circle-alert" : "circle-check"),
    el("p", {}, text),
    close,
  );
  close.addEventListener("click", () => item.remove());
  $("#toasts").append(item);
  setTimeout(() => item.remove(), kind === "error" ? 12000 : 6000);
}
