// The library of faces: added, followed while they are looked at, one of several picked, deleted.
import { $, $$, data, toast } from "../lib/dom.js";
import { watch } from "../lib/errand.js";
import { percent } from "../lib/format.js";
import { request } from "../lib/net.js";
import { upload } from "../lib/upload.js";
import { draw, facePicker } from "./faces.js";
import { fragment, onForm } from "./forms.js";
import { clearErrors, showErrors } from "./lab.js";

const form = $("#face-form");
const list = $("#faces");

// --- the cards -----------------------------------------------------------------------------------------------------------
async function redraw(card) {
  const next = await fragment(card.dataset.card).catch(() => null);
  if (!next) return;
  card.replaceWith(next);
  show(next);
}

function show(card) {
  draw(card);
  if (!card.dataset.errand) return;
  watch(card.dataset.errand, {
    progress({ progress, stage, status }) {
      $("progress", card).value = progress;
      $("[data-doing]", card).textContent = stage || (status === "running" ? "Looking at it" : "Waiting for a free worker");
    },
    done: () => redraw(card),
    failed: () => redraw(card),
  });
}

async function pick(card, number) {
  const given = $("[data-pick]", card);
  const body = new FormData(given);
  body.set("number", number);
  try {
    await request(given.action, { method: "POST", form: body });
  } catch (error) {
    toast(error.message, "error");
    return;
  }
  await redraw(card);
}

document.addEventListener("pick", (event) => pick(event.target.closest(".face"), event.detail));
onForm("form[data-pick]", (given, button) => pick(given.closest(".face"), button.value));
onForm(".face form[data-delete]", async (given) => {
  try {
    await request(given.action, { method: "POST" });
  } catch (error) {
    toast(error.message, "error");
    return;
  }
  if (!list) {
    location.assign($(".back").href);
    return;
  }
  given.closest(".face").remove();
  $("#none").hidden = list.children.length > 0;
  toast("Deleted.");
});
for (const card of $$(".face")) show(card);

// --- adding --------------------------------------------------------------------------------------------------------------
if (form) {
  const picker = facePicker(form, data("face-limits"));
  const errors = $("#face-errors");
  const line = $("#face-progress");

  const busy = (on) => {
    line.hidden = !on;
    $("#face-go").hidden = on;
  };
  const say = (text, share) => {
    $("[data-doing]", line).textContent = text;
    $("progress", line).value = share;
  };

  const added = async ({ card: url }) => {
    busy(false);
    form.reset();
    picker.clear();
    const card = await fragment(url);
    list.prepend(card);
    $("#none").hidden = true;
    show(card);
    card.scrollIntoView({ block: "nearest" });
  };

  onForm("#face-form", () => {
    clearErrors(form, errors);
    const body = new FormData(form);
    body.delete("picture");
    if (picker.file) body.set("picture", picker.file, picker.file.name);
    busy(true);
    say("Sending", 0);
    upload(form.getAttribute("action"), body, {
      progress: ({ share }) => say(share >= 1 ? "Looking at the photo" : `Sending, ${percent(share)}`, share),
      done: added,
      aborted: () => busy(false),
      refused(_status, answer) {
        busy(false);
        showErrors(form, errors, { body: answer, message: answer.message ?? "The server did not take it. Try again in a minute." });
      },
    });
  });
}
