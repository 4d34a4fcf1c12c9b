// Voice to voice: record or bring something, choose a voice by ear, and how it comes into it.
import { $, $$, data, el, icon } from "./lib/dom.js";
import { clock } from "./lib/format.js";
import { combobox } from "./lib/combobox.js";
import { dropzone } from "./lib/dropzone.js";
import { Recorder } from "./lib/recorder.js";
import { sender, showErrors } from "./lib/sending.js";
import { speakers } from "./lib/speakers.js";

const settings = data("page-settings");
const form = $("#convert-form");
const submit = $("#submit");
let recorded = null;
let bad = false;

// --- what is said ----------------------------------------------------------------------------------------------------
const zone = dropzone($('[data-drop="source"]'), settings, (file, wrong = false) => {
  bad = Boolean(wrong);
  if (file && recorded) recorder.clear();
  told();
});

const recorder = new Recorder($("#recorder"), {
  max: Math.min(600, settings.max_seconds),
  min: 2,
  name: "my recording",
  label: "Record",
  changed(file) {
    recorded = file;
    if (file && zone.file) zone.clear();
    told();
  },
});

// A file dropped beside the zone would make the browser leave the page.
addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", (event) => {
  event.preventDefault();
  zone.take(event.dataTransfer.files[0]);
});

// --- the voice -------------------------------------------------------------------------------------------------------
const picker = speakers({ hear: settings.hear, language: () => $("#id_target_language").value || $("#id_source_language").value });
const { chosen, stop } = picker;

// --- how -------------------------------------------------------------------------------------------------------------
const WAYS = { both: "Spoken anew, and converted", speak: "Spoken anew", convert: "Its sound is converted" };
const way = () => $('input[name="ways"]:checked')?.value ?? "both";

function row(symbol, title, text) {
  return el("li", {}, icon(symbol), el("span", {}, el("span", { class: "muted" }, title), text));
}

/** What was chosen so far; parts that do not matter are left out. */
function told() {
  for (const part of $$("[data-words]")) part.hidden = way() === "convert";
  const seconds = recorded ? recorder.length : zone.seconds;
  const name = recorded ? "Recorded here" : zone.file?.name;
  const voice = chosen()?.closest(".speaker").querySelector("strong").textContent;
  const target = $("#id_target_language");
  const translated = way() !== "convert" && target.value && target.value !== $("#id_source_language").value;
  $("#summary").replaceChildren(
    ...[
      row("mic", "Recording", name ? `${name}${seconds ? `, ${clock(seconds)}` : ""}` : "none yet"),
      row("mic-vocal", "Voice", voice ?? "none yet"),
      row("audio-waveform", "How", WAYS[way()]),
      translated ? row("languages", "Translated into", target.selectedOptions[0].textContent.split(" · ")[0]) : null,
    ].filter(Boolean),
  );
  submit.disabled = bad || sent.sending;
}

const sent = sender(form, {
  field: "source",
  body() {
    const file = recorded ?? zone.file;
    if (!file) showErrors({ source: ["Record something, or choose a file."] });
    else if (!chosen()) showErrors({ speaker: ["Choose the voice that it is to come out in."] });
    if (!file || !chosen()) return null;
    stop();
    const body = new FormData(form);
    body.set("source", file, file.name);
    if (way() === "convert") for (const name of ["review", "target_language"]) body.delete(name);
    return body;
  },
  size: (body) => body.get("source").size,
  changed: () => told(),
});

for (const select of $$("select[data-combo]")) combobox(select);
form.addEventListener("change", told);
told();
