// The rows of samples: measured while one looks on, corrected, left out, deleted.
import { $, $$, toast } from "../lib/dom.js";
import { watch } from "../lib/errand.js";
import { request } from "../lib/net.js";
import { sounds } from "../lib/sound.js";
import { fragment, onForm } from "./forms.js";

const STAGES = { "": "Waiting for a free worker" };

export function sampleRows(list, changed) {
  /** Draw a row anew; it may be a placeholder of the page's own. */
  async function draw(row, url = row.dataset.url) {
    try {
      const next = await fragment(url);
      for (const player of $$(".sound", row)) player.sound.close();
      row.replaceWith(next);
      sounds(next);
      follow(next);
      return next;
    } catch {
      row.remove();
      return null;
    }
  }

  function follow(row) {
    if (!row.dataset.errand) return;
    const end = () => draw(row).then(changed);
    watch(row.dataset.errand, {
      progress({ progress, stage, status }) {
        $("progress", row).value = progress;
        $("[data-doing]", row).textContent = stage || (status === "running" ? "Listening" : STAGES[""]);
      },
      done: end,
      failed: end,
    });
  }

  /** The voice's portrait is made anew: what it decides is drawn when it is there. */
  function portrait(errand) {
    if (errand) watch(errand, { done: changed, failed: changed });
  }

  async function save(form) {
    const field = $("textarea", form);
    const said = $("[data-saved]", form);
    said.textContent = "Saving…";
    try {
      await request(form.action, { method: "POST", form: new FormData(form) });
      field.dataset.kept = field.value;
      said.textContent = "Saved";
    } catch (error) {
      said.textContent = `Not saved: ${error.message}`;
    }
  }

  onForm("#sample-list form[data-transcript]", save);
  list.addEventListener("focusin", (event) => {
    if (event.target.matches("textarea")) event.target.dataset.kept ??= event.target.value;
  });
  list.addEventListener("change", (event) => {
    const field = event.target.closest("form[data-transcript] textarea");
    if (field && field.value !== field.dataset.kept) save(field.form);
  });
  list.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) event.target.closest("form[data-transcript]")?.requestSubmit();
  });

  onForm("#sample-list form[data-wanted]", async (form, button) => {
    const body = new FormData();
    body.set("wanted", button.value);
    button.setAttribute("aria-busy", "true");
    try {
      const { errand } = await request(form.action, { method: "POST", form: body });
      const row = await draw(form.closest(".sample"));
      $("form[data-wanted] button", row)?.focus();
      portrait(errand);
    } catch (error) {
      button.removeAttribute("aria-busy");
      toast(error.message, "error");
    }
  });

  onForm("#sample-list form[data-delete]", async (form, button) => {
    let errand = null;
    button.setAttribute("aria-busy", "true");
    try {
      ({ errand } = await request(form.action, { method: "POST" }));
    } catch (error) {
      button.removeAttribute("aria-busy");
      toast(error.message, "error");
      return;
    }
    const row = form.closest(".sample");
    for (const player of $$(".sound", row)) player.sound.close();
    row.remove();
    toast("Deleted.");
    changed();
    portrait(errand);
  });

  for (const row of $$(".sample", list)) follow(row);
  return { draw };
}
