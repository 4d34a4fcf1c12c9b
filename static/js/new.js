// New dub: preview, live check, and an upload that tells how it goes.
import { $, $$, data, el, icon, toast } from "./lib/dom.js";
import { bytes, left, percent } from "./lib/format.js";
import { combobox } from "./lib/combobox.js";
import { checker } from "./new/check.js";
import { dropzone, fieldError } from "./lib/dropzone.js";
import { upload } from "./lib/upload.js";

const settings = data("page-settings");
const form = $("#dub-form");
const submit = $("#submit");
const state = { possible: true, bad: false, sending: null };

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
  const blocked = !state.possible || state.bad || state.sending !== null;
  submit.disabled = blocked;
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

checker(form, settings, {
  ways: { text: () => reveal("#text-panel", "#id_subtitles"), engines: () => reveal("#engine-panel", "#id_recognizer"), size: choose },
  media: () => ({ seconds: source.seconds, tracks: emotion.file || tone?.value ? 2 : 1 }),
  verdict(possible) {
    state.possible = possible;
    ready();
  },
});

function clearErrors() {
  for (const list of $$("[data-errors-for]")) fieldError(list.dataset.errorsFor, []);
  $("#form-errors").replaceChildren();
}

/** Each error at its field; what belongs to none above the form. The first one is brought into sight. */
function showErrors(fields) {
  const loose = [];
  for (const [name, texts] of Object.entries(fields)) if (!fieldError(name, texts)) loose.push(...texts);
  const box = $("#form-errors");
  box.replaceChildren(...(loose.length ? [el("div", { class: "notice notice-danger" }, icon("circle-alert"), el("div", {}, ...loose.map((text) => el("p", {}, text))))] : []));
  for (const panel of $$("details.more")) if ($(".errors:not([hidden])", panel)) panel.open = true;
  const first = loose.length ? box : $(".errors:not([hidden])")?.closest(".field");
  first?.scrollIntoView({ block: "center" });
  (loose.length ? box : $("input:not([type=hidden]), select, textarea", first ?? document.body))?.focus({ preventScroll: true });
}

function sending(on) {
  $("#upload").hidden = !on;
  submit.hidden = on;
  if (on) submit.setAttribute("aria-busy", "true");
  else submit.removeAttribute("aria-busy");
}

let said = -1;
function progress({ share, loaded, total, rate, left: rest }) {
  const whole = share >= 1;
  $("#upload-bar").value = share;
  $("#upload-percent").textContent = percent(share);
  $("#upload-text").textContent = whole ? "Looking at the file" : "Uploading";
  $("#upload-cancel").hidden = whole;
  $("#upload-speed").textContent = whole ? "" : [`${bytes(loaded)} of ${bytes(total)}`, rate ? `${bytes(rate)}/s` : "", left(rest)].filter(Boolean).join(" · ");
  const quarter = Math.floor(share * 4);
  if (quarter === said) return;
  said = quarter;
  $("#upload-say").textContent = whole ? "Uploaded. The file is being looked at." : `Uploaded ${percent(share)}`;
}

function stopped() {
  state.sending = null;
  sending(false);
  ready();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (state.sending) return;
  clearErrors();
  if (!source.file) return showErrors({ source: ["Choose the video or audio file to dub."] });
  const body = new FormData(form);
  body.set("source", source.file, source.file.name);
  if (emotion.file) body.set("emotion", emotion.file, emotion.file.name);
  said = -1;
  progress({ share: 0, loaded: 0, total: source.file.size, rate: 0, left: null });
  sending(true);
  state.sending = upload(form.action || location.href, body, {
    progress,
    done(answer) {
      state.sending = null;
      $("#upload-text").textContent = "Started";
      location.assign(answer.url);
    },
    refused(status, answer) {
      stopped();
      const field = answer.field || "source";
      const text = answer.message || "The server did not take it. Try again in a minute.";
      showErrors(answer.fields ?? (status === 413 || answer.field ? { [field]: [text] } : { __all__: [text] }));
    },
    aborted() {
      stopped();
      toast("The upload was cancelled. Nothing was saved.");
    },
  });
  ready();
});
$("#upload-cancel").addEventListener("click", () => state.sending?.());
addEventListener("beforeunload", (event) => {
  if (state.sending) event.preventDefault();
});
ready();
