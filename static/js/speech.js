// Speech: what is written is heard while it is made; below it what was spoken before.
import { $, $$, data, toast } from "./lib/dom.js";
import { combobox } from "./lib/combobox.js";
import { dropzone } from "./lib/dropzone.js";
import { watch } from "./lib/errand.js";
import { clock } from "./lib/format.js";
import { request } from "./lib/net.js";
import { Recorder } from "./lib/recorder.js";
import { clearErrors, showErrors } from "./lib/sending.js";
import { sounds } from "./lib/sound.js";
import { speakers } from "./lib/speakers.js";
import { fragment, onForm } from "./voices/forms.js";
import { sliders } from "./voices/lab.js";

const CLIP = "clip";
const settings = data("page-settings");
const form = $("#speech-form");
const submit = $("#submit");
const text = $("#id_text");
const list = $("#history");

// --- the text --------------------------------------------------------------------------------------------------------
function counted() {
  const length = text.value.trim().replace(/\s+/g, " ").length;
  const seconds = length / settings.a_second;
  $("#count").textContent = length ? `${length.toLocaleString()} characters, about ${clock(seconds)}` : "";
  const long = length > settings.at_once;
  $("#long").hidden = !long;
  $("span", submit).textContent = long ? "Start the job" : "Speak";
}
text.addEventListener("input", counted);
counted();

const language = $("#id_language");
const spokenIn = () => { text.lang = language.value; };
language.addEventListener("change", spokenIn);
spokenIn();
combobox(language);

// --- who says it -----------------------------------------------------------------------------------------------------
const picker = speakers({ hear: settings.hear, language: () => language.value });
let recorded = null;

const zone = dropzone($('[data-drop="reference"]'), { max_seconds: 120 }, (file) => {
  if (file && recorded) recorder.clear();
});
const recorder = new Recorder($("#recorder"), {
  max: 120,
  min: 1,
  name: "my recording",
  label: "Record",
  changed(file) {
    recorded = file;
    if (file && zone.file) zone.clear();
  },
});

// --- how -------------------------------------------------------------------------------------------------------------
const engine = $("#id_engine");
const emotion = $("#id_emotion");

/** Only what matters is shown: the clip where its voice speaks, the settings of the engine that was chosen. */
function shown() {
  const speaker = picker.chosen()?.value ?? "";
  $("#clip-part").hidden = speaker !== CLIP;
  const named = speaker.startsWith("stock:") ? speaker.split(":")[1] : engine.value;
  for (const part of $$(".engine-part")) {
    part.hidden = part.dataset.engine !== named;
    part.disabled = part.hidden;
  }
  $("#strength-field").hidden = !emotion.value;
}
form.addEventListener("change", shown);
shown();
sliders(form);

// --- heard while it is made ------------------------------------------------------------------------------------------
const audio = new Audio();
let live = null; // the card of what is heard now

function quiet() {
  audio.pause();
  audio.removeAttribute("src");
  live = null;
  $("#live").hidden = true;
}

function hear(card, address) {
  quiet();
  live = card.id;
  $("#live-text").textContent = "Being spoken…";
  $("#live").hidden = false;
  audio.src = address;
  audio.play().catch(() => {}); // then it is heard when it is finished
}
audio.addEventListener("playing", () => { $("#live-text").textContent = "Playing while it is made"; });
audio.addEventListener("ended", quiet);
$("#live-stop").addEventListener("click", quiet);

// --- what was spoken -------------------------------------------------------------------------------------------------
async function draw(id) {
  const card = document.getElementById(id);
  const next = card && (await fragment(card.dataset.url).catch(() => null));
  if (!next) return card?.remove();
  card.replaceWith(next);
  sounds(next);
  const started = live === id && (audio.currentTime > 0 || !audio.error);
  if (live === id && !started) {
    quiet();
    $(".sound", next)?.sound.play();
  }
  return undefined;
}

function follow(card) {
  if (!card.dataset.errand) return;
  const { id } = card;
  watch(card.dataset.errand, {
    progress({ progress, status, stage }) {
      const now = document.getElementById(id);
      if (!now) return;
      $("progress", now).value = progress;
      $("[data-doing]", now).textContent = status === "running" ? stage || "Speaking" : "Waiting for a free worker";
    },
    done: () => draw(id),
    failed() {
      if (live === id) quiet();
      draw(id);
    },
  });
}

async function made(answer) {
  if (answer.job) return location.assign(answer.job);
  const card = await fragment(answer.card);
  list.prepend(card);
  $("#nothing").hidden = true;
  follow(card);
  hear(card, answer.stream);
  $('[name="submission_key"]', form).value = crypto.randomUUID?.().replaceAll("-", "") ?? "";
  return undefined;
}

onForm("#speech-form", async () => {
  if (submit.hasAttribute("aria-busy")) return;
  clearErrors();
  picker.stop();
  const body = new FormData(form);
  const file = recorded ?? zone.file;
  body.delete("reference");
  if (file && picker.chosen()?.value === CLIP) body.set("reference", file, file.name);
  submit.setAttribute("aria-busy", "true");
  try {
    await made(await request(form.action, { method: "POST", form: body }));
  } catch (error) {
    showErrors(error.body?.fields ?? { __all__: [error.message] });
  }
  submit.removeAttribute("aria-busy");
});

onForm("[data-delete]", async (sent) => {
  const card = sent.closest(".preview");
  try {
    await request(sent.action, { method: "POST", form: new FormData(sent) });
  } catch (error) {
    toast(error.message, "error");
    return;
  }
  if (live === card.id) quiet();
  card.remove();
  $("#nothing").hidden = Boolean(list.children.length);
  toast("Deleted.");
});

for (const card of $$(".preview[data-errand]", list)) follow(card);
sounds(list);
