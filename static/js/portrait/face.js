// The face of a new portrait: one of the library, or a photo that is looked at while the form is filled in.
import { $, $$, el, toast } from "../lib/dom.js";
import { fieldError } from "../lib/dropzone.js";
import { watch } from "../lib/errand.js";
import { percent } from "../lib/format.js";
import { request } from "../lib/net.js";
import { upload } from "../lib/upload.js";
import { draw, facePicker } from "../voices/faces.js";
import { fragment, onForm } from "../voices/forms.js";

const FIELDS = ["picture", "whose", "person_name", "declared"];

/** form: with `dubbing/portrait/parts/picture.html`. changed(): another face, or none. Returns { file, chosen }. */
export function newFace(form, settings, changed) {
  const part = $("#new-face", form);
  const line = $("#face-progress", form);
  const found = $("#face-found", form);
  const look = $("#face-look", form);

  const picker = facePicker(form, { max_bytes: settings.max_picture }, (file, bad = false) => {
    look.hidden = !file || bad;
    if (file) for (const input of $$('input[name="face"]', form)) input.checked = false;
    changed();
  });
  look.hidden = true;

  const say = (text, share) => {
    $("[data-doing]", line).textContent = text;
    $("progress", line).value = share;
  };
  const busy = (on) => {
    line.hidden = !on;
    look.hidden = on || !picker.file;
  };

  /** A card of the library as it is now. What can be used is chosen. */
  async function show(url) {
    const card = await fragment(url);
    found.replaceChildren(card);
    draw(card);
    const usable = !card.dataset.errand && !$(".problem-bad", card);
    const id = card.id.replace("face-", "");
    $(`input[name="face"][value="${id}"]`, form)?.closest(".face-card").remove();
    if (usable) choose(id, $("h2", card).textContent);
    changed();
  }

  function choose(id, name) {
    const input = el("input", { type: "radio", name: "face", value: id });
    const card = el("label", { class: "face-card" }, input, el("img", { src: `/faces/${id}/picture/`, alt: "" }), el("span", { class: "truncate" }, name));
    $("#face-library", form).hidden = false;
    $(".face-cards", form).prepend(card);
    input.checked = true;
    input.addEventListener("change", changed);
  }

  function send() {
    for (const name of FIELDS) fieldError(name, []);
    const body = new FormData();
    body.set("picture", picker.file, picker.file.name);
    body.set("whose", $('input[name="whose"]:checked', form).value);
    body.set("person_name", $('[name="person_name"]', form).value);
    if ($('[name="declared"]', form).checked) body.set("declared", "on");
    busy(true);
    say("Sending", 0);
    upload(settings.faces, body, {
      progress: ({ share }) => say(share >= 1 ? "Waiting for a free worker" : `Sending, ${percent(share)}`, share / 3),
      aborted: () => busy(false),
      refused(_status, answer) {
        busy(false);
        const fields = answer.fields ?? { picture: [answer.message ?? "The server did not take it. Try again in a minute."] };
        for (const [name, texts] of Object.entries(fields)) if (!fieldError(name, texts)) toast(texts[0], "error");
      },
      done({ card, errand }) {
        const done = async () => {
          picker.clear();
          busy(false);
          await show(card);
        };
        if (!errand) return done();
        return watch(errand, { progress: ({ progress, stage }) => say(stage || "Looking at it", 1 / 3 + progress / 2), done, failed: done });
      },
    });
  }

  async function pick(card, number) {
    const given = $("[data-pick]", card);
    const body = new FormData(given);
    body.set("number", number);
    try {
      await request(given.action, { method: "POST", form: body });
      await show(card.dataset.card);
    } catch (error) {
      toast(error.message, "error");
    }
  }

  look.addEventListener("click", send);
  part.addEventListener("pick", (event) => pick(event.target.closest(".face"), event.detail));
  onForm("#face-found form[data-pick]", (given, button) => pick(given.closest(".face"), button.value));
  onForm("#face-found form[data-delete]", async (given) => {
    try {
      await request(given.action, { method: "POST" });
      const id = given.closest(".face").id.replace("face-", "");
      $(`input[name="face"][value="${id}"]`, form)?.closest(".face-card").remove();
      found.replaceChildren();
      changed();
    } catch (error) {
      toast(error.message, "error");
    }
  });
  for (const input of $$('input[name="face"]', form)) input.addEventListener("change", () => { picker.clear(); found.replaceChildren(); });
  return {
    get file() { return picker.file; },
    get chosen() { return $('input[name="face"]:checked', form) !== null; },
  };
}
