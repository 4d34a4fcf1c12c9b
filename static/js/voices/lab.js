// Trying a voice: a line by several engines, side by side, each heard as soon as it is there.
import { $, $$, data, el, icon, toast } from "../lib/dom.js";
import { combobox } from "../lib/combobox.js";
import { fieldError } from "../lib/dropzone.js";
import { watch } from "../lib/errand.js";
import { percent } from "../lib/format.js";
import { request } from "../lib/net.js";
import { sounds } from "../lib/sound.js";
import { fragment, onForm } from "./forms.js";

/** The value of each slider beside its name. */
export function sliders(root) {
  for (const output of $$("output[for]", root)) {
    const input = document.getElementById(output.htmlFor.value ?? output.getAttribute("for"));
    if (!input) continue;
    const show = () => {
      output.textContent = "percent" in output.dataset ? percent(Number(input.value)) : Number(input.value).toFixed(2);
    };
    input.addEventListener("input", show);
    show();
  }
}

/** Cards of lines that were asked for, each drawn anew when it was spoken. */
export function previewCards(list, { play = false } = {}) {
  let first = play;

  async function draw(card) {
    const next = await fragment(card.dataset.url).catch(() => null);
    if (!next) return card.remove();
    card.replaceWith(next);
    sounds(next);
    const player = $(".sound", next)?.sound;
    if (player && first) player.play();
    if (player) first = false;
    return undefined;
  }

  function follow(card) {
    if (!card.dataset.errand) return;
    watch(card.dataset.errand, {
      progress({ progress, status }) {
        $("progress", card).value = progress;
        $("[data-doing]", card).textContent = status === "running" ? "Speaking" : "Waiting for a free worker";
      },
      done: () => draw(card),
      failed: () => draw(card),
    });
  }

  /** Put what was asked for at the top; what is there already is heard at once. */
  async function show(previews) {
    first = true;
    const cards = await Promise.all(previews.map(({ url }) => fragment(url)));
    for (const card of cards) document.getElementById(card.id)?.remove();
    list.prepend(...cards);
    sounds(list);
    for (const card of cards) follow(card);
    const ready = cards.map((card) => $(".sound", card)?.sound).find(Boolean);
    if (ready) {
      first = false;
      ready.play();
    }
  }

  for (const card of $$(".preview", list)) follow(card);
  return { show };
}

export function showErrors(form, box, error) {
  const loose = [];
  const fields = error.body?.fields ?? {};
  for (const [name, texts] of Object.entries(fields)) if (!fieldError(name, texts)) loose.push(...texts);
  if (!Object.keys(fields).length) loose.push(error.message);
  box.replaceChildren(...(loose.length ? [el("div", { class: "notice notice-danger small" }, icon("circle-alert"), el("div", {}, ...loose.map((text) => el("p", {}, text))))] : []));
}

export function clearErrors(form, box) {
  box.replaceChildren();
  for (const list of $$("[data-errors-for]", form)) fieldError(list.dataset.errorsFor, []);
}

/** A line of the language is there to begin with, and gives way to another language's while it is untouched. */
export function lineOf(text, language, lines) {
  let offered = lines[language.value];
  language.addEventListener("change", () => {
    text.lang = language.value;
    if (text.value.trim() && text.value !== offered) return;
    offered = lines[language.value] ?? "";
    text.value = offered;
  });
}

export function lab() {
  const form = $("#lab-form");
  if (!form) return;
  const language = $("#id_language", form);
  const box = $("#lab-errors");
  const cards = previewCards($("#previews"));
  combobox(language);
  sliders(form);
  lineOf($("#id_text", form), language, data("lines"));

  const emotion = $("#id_emotion", form);
  const strength = $("#strength-field");
  const follow = () => { strength.hidden = !emotion.value; };
  emotion.addEventListener("change", follow);
  follow();

  /** Engines that do not speak the language cannot be chosen. */
  function able() {
    for (const check of $$('input[name="engines"]', form)) {
      check.disabled = !check.dataset.languages.split(" ").includes(language.value);
      if (check.disabled) check.checked = false;
    }
  }
  language.addEventListener("change", able);
  able();

  async function keep(button) {
    button.setAttribute("aria-busy", "true");
    try {
      await request(button.formAction, { method: "POST", form: new FormData(form) });
      toast("Kept for this voice. Dubs speak with it from now on.");
    } catch (error) {
      showErrors(form, box, error);
    }
    button.removeAttribute("aria-busy");
  }

  onForm("#lab-form", async (_, button) => {
    if (button && "keep" in button.dataset) return keep(button);
    clearErrors(form, box);
    const go = $(".lab-go .btn", form);
    go.setAttribute("aria-busy", "true");
    try {
      const { previews, refused } = await request(form.action, { method: "POST", form: new FormData(form) });
      await cards.show(previews);
      for (const text of refused) toast(text, "error");
    } catch (error) {
      showErrors(form, box, error);
    }
    go.removeAttribute("aria-busy");
    return undefined;
  });
}
