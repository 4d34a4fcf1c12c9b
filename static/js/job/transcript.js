// The transcript in step with playback: highlight, scroll, seek, edit.
import { $, $$, calm, el, icon, toast } from "../lib/dom.js";
import { request } from "../lib/net.js";

/** Index of the last segment that starts at or before `time` and has not ended, by binary search; -1 for none. */
export function segmentAt(starts, ends, time) {
  let low = 0;
  let high = starts.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (starts[middle] <= time) low = middle + 1;
    else high = middle - 1;
  }
  return high >= 0 && time < ends[high] + 0.4 ? high : -1;
}

export class Transcript {
  constructor(list, { seek }) {
    this.list = list;
    this.rows = $$(".segment", list);
    this.starts = this.rows.map((row) => Number(row.dataset.start));
    this.ends = this.rows.map((row) => Number(row.dataset.end));
    this.current = -1;
    this.touched = 0;
    const rest = () => { this.touched = Date.now(); };
    for (const name of ["wheel", "touchmove", "keydown"]) list.addEventListener(name, rest, { passive: true });
    list.addEventListener("click", (event) => {
      const row = event.target.closest(".segment");
      if (!row || event.target.closest(".seg-edit")) return;
      if (event.target.closest("[data-edit]")) return this.edit(row);
      if (event.target.closest("[data-seek]")) return seek(Number(row.dataset.start), true);
      if (event.target.closest("p") && !String(getSelection())) seek(Number(row.dataset.start), false);
      return undefined;
    });
  }

  show(time) {
    const index = segmentAt(this.starts, this.ends, time);
    if (index === this.current) return;
    this.rows[this.current]?.classList.remove("now");
    this.rows[this.current]?.removeAttribute("aria-current");
    this.current = index;
    const row = this.rows[index];
    if (!row) return;
    row.classList.add("now");
    row.setAttribute("aria-current", "true");
    if ($("#follow").checked && Date.now() - this.touched > 2500) this.scrollTo(row);
  }

  /** Inside the list only: the page itself must not jump under the reader. */
  scrollTo(row) {
    const top = row.offsetTop - this.list.clientHeight / 2 + row.offsetHeight / 2;
    this.list.scrollTo({ top, behavior: calm() ? "auto" : "smooth" });
  }

  edit(row) {
    if ($(".seg-edit", row)) return;
    const texts = $(".seg-texts", row);
    const fields = ["text", "translation"].filter((name) => $(`[data-${name}]`, row)).map((name) => this.area(row, name));
    const save = el("button", { class: "btn btn-primary btn-sm" }, icon("check"), "Save");
    const cancel = el("button", { type: "button", class: "btn btn-sm" }, "Cancel");
    const form = el("form", { class: "seg-edit" }, el("div", { class: "cols" }, ...fields.map((field) => field.frame)), el("div", { class: "btn-group" }, save, cancel));
    const close = () => {
      form.remove();
      texts.hidden = false;
      $("[data-edit]", row).focus();
    };
    cancel.addEventListener("click", close);
    form.addEventListener("keydown", (event) => {
      if (event.key === "Escape") close();
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.save(row, fields, save, close);
    });
    texts.hidden = true;
    texts.after(form);
    fields.at(-1).input.focus();
  }

  area(row, name) {
    const shown = $(`[data-${name}]`, row);
    const kept = shown.textContent.trim().replace(/\s+/g, " ");
    const id = `edit-${name}-${row.dataset.index}`;
    const input = el("textarea", { class: "input", id, rows: "2", lang: shown.lang, dir: shown.dir });
    input.value = kept;
    return { name, input, kept, frame: el("div", { class: "field" }, el("label", { for: id }, name === "text" ? "What was said" : "What is spoken"), input) };
  }

  async save(row, fields, button, close) {
    const changed = fields.filter((field) => field.input.value.trim() !== field.kept);
    if (!changed.length) return close();
    const form = new FormData();
    for (const field of changed) form.set(field.name, field.input.value);
    button.setAttribute("aria-busy", "true");
    try {
      const kept = await request(row.dataset.url, { method: "POST", form });
      for (const name of ["text", "translation"]) {
        const shown = $(`[data-${name}]`, row);
        if (shown) shown.textContent = kept[name];
      }
      $("[data-stale]", row).hidden = !kept.stale;
      const again = $("#rerun");
      again.hidden = kept.stale_count === 0;
      $("[data-stale-count]").textContent = String(kept.stale_count);
      $("[data-stale-plural]").textContent = kept.stale_count === 1 ? "" : "s";
      toast("Saved. Press Re-speak when you are done with your changes.");
      close();
    } catch (error) {
      button.removeAttribute("aria-busy");
      toast(error.message, "error");
    }
    return undefined;
  }
}
