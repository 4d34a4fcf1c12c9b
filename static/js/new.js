// New dub: preview, live check, and an upload that tells how it goes.
import { $, $$, data, toast } from "./lib/dom.js";
import { percent } from "./lib/format.js";
import { combobox } from "./lib/combobox.js";
import { checker } from "./new/check.js";
import { dropzone } from "./lib/dropzone.js";
import { lipCost, lips } from "./lib/lips.js";
import { sender, showErrors } from "./lib/sending.js";

const settings = data("page-settings");
const form = $("#dub-form");
const submit = $("#submit");
const state = { possible: true, bad: false };

const source = dropzone($('[data-drop="source"]'), settings, (file, bad = false) => {
  state.bad = Boolean(bad);
  const title = $("#id_title");
  title.placeholder = file ? file.name.replace(/\.[^.]+$/, "") : "";
  ready();
});
const tone = $("#id_emotion_reference"); // a tone of the library, where there is one
const emotion = dropzone($('[data-drop="emotion"]'), {}, (file) => {
  if (file && tone) tone.value = "";
  strengthen();
});
tone?.addEventListener("change", () => {
  if (tone.value && emotion.file) emotion.clear();
  strengthen();
});

/** How strongly matters once there is a tone. */
function strengthen() {
  $("#strength-field").hidden = !emotion?.file && !tone?.value;
}
queueMicrotask(strengthen);

function ready() {
  submit.disabled = !state.possible || state.bad || sent.sending;
}

// A file dropped beside the zone would make the browser leave the page.
addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", (event) => {
  event.preventDefault();
  source.take(event.dataTransfer.files[0]);
});

for (const select of $$("select[data-combo]")) combobox(select);

$("#swap").addEventListener("click", () => {
  const [from, to] = [$("#id_source_language"), $("#id_target_language")];
  if (from.value === "auto") return toast("Choose the spoken language first: a detected one cannot be swapped.", "error");
  [from.value, to.value] = [to.value, from.value];
  for (const select of [from, to]) select.dispatchEvent(new Event("change", { bubbles: true }));
});

const strength = $("#id_emotion_strength");
const showStrength = () => {
  $("#strength-value").textContent = percent(Number(strength.value));
};
strength.addEventListener("input", showStrength);
showStrength();

function reveal(id, focus) {
  $(id).open = true;
  $(focus).focus();
}

/** Another size of the recogniser's model. */
function choose(size) {
  const select = $("#id_model_size");
  select.value = size;
  reveal("#engine-panel", "#id_model_size");
  select.dispatchEvent(new Event("change", { bubbles: true }));
}

lipCost(form, settings.lips, lips(form), () => source.seconds);

checker(form, settings, {
  ways: { text: () => reveal("#text-panel", "#id_subtitles"), engines: () => reveal("#engine-panel", "#id_recognizer"), size: choose },
  media: () => ({ seconds: source.seconds, tracks: emotion.file || tone?.value ? 2 : 1 }),
  verdict(possible) {
    state.possible = possible;
    ready();
  },
});

const sent = sender(form, {
  field: "source",
  body() {
    if (!source.file) {
      showErrors({ source: ["Choose the video or audio file to dub."] });
      return null;
    }
    const body = new FormData(form);
    body.set("source", source.file, source.file.name);
    if (emotion.file) body.set("emotion", emotion.file, emotion.file.name);
    return body;
  },
  size: () => source.file.size,
  changed: () => ready(),
});
ready();
