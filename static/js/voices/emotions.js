// Emotion references: dropped or recorded, measured, and tried on a voice.
import { $, $$, data, toast } from "../lib/dom.js";
import { dropzone } from "../lib/dropzone.js";
import { watch } from "../lib/errand.js";
import { percent } from "../lib/format.js";
import { request } from "../lib/net.js";
import { Recorder } from "../lib/recorder.js";
import { sounds } from "../lib/sound.js";
import { upload } from "../lib/upload.js";
import { fragment, onForm } from "./forms.js";
import { clearErrors, lineOf, previewCards, showErrors, sliders } from "./lab.js";

const form = $("#emotion-form");
const list = $("#emotions");
const limits = data("clip-limits");
const errors = $("#emotion-errors");
let recorded = null;

const recorder = new Recorder($("#recorder"), {
  max: 30,
  min: 3,
  name: "my tone",
  label: "Record it",
  changed(file) {
    recorded = file;
    if (file && zone.file) zone.clear();
  },
});
const zone = dropzone($('[data-drop="clip"]'), limits, (file) => {
  if (file && recorded) recorder.clear();
});

// --- adding ---------------------------------------------------------------------------------------------------------
const line = $("#emotion-progress");

function busy(on) {
  line.hidden = !on;
  $("#emotion-go").hidden = on;
}

function say(text, share) {
  $("[data-doing]", line).textContent = text;
  $("progress", line).value = share;
}

async function added({ url }) {
  busy(false);
  form.reset();
  zone.clear();
  recorder.clear();
  const card = await fragment(url);
  list.prepend(card);
  $("#none").hidden = true;
  follow(card);
  card.scrollIntoView({ block: "nearest" });
}

onForm("#emotion-form", () => {
  const file = zone.file ?? recorded;
  clearErrors(form, errors);
  const body = new FormData(form);
  body.delete("clip");
  if (file) body.set("clip", file, file.name);
  busy(true);
  say("Sending", 0);
  upload(form.getAttribute("action"), body, {
    progress: ({ share }) => say(share >= 1 ? "Looking at the clip" : `Sending, ${percent(share)}`, share),
    done: added,
    aborted: () => busy(false),
    refused(status, answer) {
      busy(false);
      showErrors(form, errors, { body: answer, message: answer.message ?? "The server did not take it. Try again in a minute." });
    },
  });
});

// --- the list ---------------------------------------------------------------------------------------------------------
async function draw(card) {
  const next = await fragment(card.dataset.url).catch(() => null);
  if (!next) return card.remove();
  card.replaceWith(next);
  sounds(next);
  return undefined;
}

function follow(card) {
  if (!card.dataset.errand) return;
  watch(card.dataset.errand, {
    progress({ progress, stage, status }) {
      $("progress", card).value = progress;
      $("[data-doing]", card).textContent = stage || (status === "running" ? "Listening" : "Waiting for a free worker");
    },
    done: () => draw(card),
    failed: () => draw(card),
  });
}

onForm("#emotions form[data-delete]", async (given) => {
  try {
    await request(given.action, { method: "POST" });
  } catch (error) {
    toast(error.message, "error");
    return;
  }
  given.closest(".emotion").remove();
  $("#none").hidden = list.children.length > 0;
  toast("Deleted.");
});

// --- trying -------------------------------------------------------------------------------------------------------------
const dialog = $("#try");
if (dialog) {
  const trying = $("#try-form");
  const voice = $("#try-voice");
  const box = $("#try-errors");
  const cards = previewCards($("#previews"));
  sliders(trying);
  lineOf($("#id_text", trying), $("#id_language", trying), data("lines"));
  $("[data-close]", dialog).addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => $$(".sound", dialog).forEach((player) => player.sound.pause()));

  onForm("form.try-form", (given) => {
    const card = given.closest(".emotion");
    trying.elements.emotion.value = card.id.replace("emotion-", "");
    $("#h-try").textContent = `Try “${$("h2", card).textContent}”`;
    voice.selectedIndex = given.elements.voice.selectedIndex;
    $("#previews").replaceChildren();
    clearErrors(trying, box);
    dialog.showModal();
  });

  onForm("#try-form", async () => {
    clearErrors(trying, box);
    const go = $(".btn-primary", trying);
    go.setAttribute("aria-busy", "true");
    try {
      const { previews } = await request(voice.value, { method: "POST", form: new FormData(trying) });
      await cards.show(previews);
    } catch (error) {
      showErrors(trying, box, error);
    }
    go.removeAttribute("aria-busy");
  });
}

sounds();
for (const card of $$(".emotion", list)) follow(card);
