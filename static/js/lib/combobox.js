// A select that can be searched by typing: the ARIA combobox pattern over the select, which keeps the value.
import { el } from "./dom.js";

const plain = (text) => text.normalize("NFD").replace(/\p{Diacritic}/gu, "").toLowerCase();

export function combobox(select) {
  const label = document.querySelector(`label[for="${select.id}"]`);
  const listId = `${select.id}-list`;
  const input = el("input", {
    class: "input",
    id: `${select.id}-search`,
    role: "combobox",
    type: "text",
    autocomplete: "off",
    spellcheck: "false",
    "aria-expanded": "false",
    "aria-autocomplete": "list",
    "aria-controls": listId,
    "aria-describedby": select.getAttribute("aria-describedby"),
    "aria-invalid": select.getAttribute("aria-invalid"),
  });
  const list = el("div", { class: "combo-list", id: listId, role: "listbox", "aria-label": label.textContent.trim(), hidden: true });
  const frame = el("div", { class: "combo" });
  label.htmlFor = input.id;
  select.hidden = true;
  select.tabIndex = -1;
  select.before(frame);
  frame.append(select, input, list);
  let rows = [];
  let active = -1;

  const show = () => {
    input.value = select.selectedOptions[0]?.textContent ?? "";
  };

  function mark(index) {
    rows[active]?.setAttribute("aria-selected", "false");
    active = index;
    const row = rows[active];
    if (!row) return input.removeAttribute("aria-activedescendant");
    row.setAttribute("aria-selected", "true");
    row.scrollIntoView({ block: "nearest" });
    return input.setAttribute("aria-activedescendant", row.id);
  }

  function fill(query) {
    const wanted = plain(query.trim());
    const texts = new Map([...select.options].map((option) => [option, plain(`${option.textContent} ${option.value}`)]));
    // Who types “eng” wants English before Bengali.
    const begins = (option) => texts.get(option).split(/[\s·(]+/).some((word) => word.startsWith(wanted));
    const fitting = [...select.options].filter((option) => texts.get(option).includes(wanted));
    const found = [...fitting.filter(begins), ...fitting.filter((option) => !begins(option))];
    rows = found.map((option, index) => {
      const [name, native] = option.textContent.split(" · ");
      const row = el(
        "div",
        { role: "option", id: `${listId}-${index}`, "data-value": option.value, "aria-selected": "false" },
        el("span", {}, name),
        native ? el("span", { class: "native", lang: option.value }, native) : null,
      );
      return row;
    });
    list.replaceChildren(...(rows.length ? rows : [el("div", { class: "none", role: "option", "aria-disabled": "true", "aria-selected": "false" }, select.dataset.none ?? "No language of that name")]));
    active = -1;
    const chosen = rows.findIndex((row) => row.dataset.value === select.value);
    mark(wanted ? (rows.length ? 0 : -1) : chosen);
  }

  function open(query = "") {
    fill(query);
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    mark(active);
  }

  function close() {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
    show();
  }

  function choose(value) {
    if (value !== undefined && value !== select.value) {
      select.value = value;
      select.dispatchEvent(new Event("change", { bubbles: true }));
    }
    close();
  }

  const keys = {
    ArrowDown: () => (list.hidden ? open() : mark(Math.min(rows.length - 1, active + 1))),
    ArrowUp: () => (list.hidden ? open() : mark(Math.max(0, active - 1))),
    Home: () => !list.hidden && mark(0),
    End: () => !list.hidden && mark(rows.length - 1),
    Enter: () => !list.hidden && choose(rows[active]?.dataset.value),
    Escape: () => !list.hidden && close(),
  };
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
    if (!keys[event.key] || (list.hidden && !event.key.startsWith("Arrow"))) return;
    event.preventDefault();
    keys[event.key]();
  });
  input.addEventListener("focus", () => input.select());
  input.addEventListener("click", () => list.hidden && open());
  input.addEventListener("input", () => open(input.value));
  input.addEventListener("blur", close);
  list.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    const row = event.target.closest("[data-value]");
    if (row) choose(row.dataset.value);
  });
  select.addEventListener("change", show);
  show();
  return { refresh: show };
}
