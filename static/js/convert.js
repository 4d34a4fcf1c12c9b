// Voice to voice: record or bring something, choose a voice by ear, and how it comes into it.
import { $, $$, data, el, icon, toast } from "./lib/dom.js";
import { clock } from "./lib/format.js";
import { combobox } from "./lib/combobox.js";
import { dropzone } from "./lib/dropzone.js";
import { watch } from "./lib/errand.js";
import { request } from "./lib/net.js";
import { Recorder } from "./lib/recorder.js";
import { sender, showErrors } from "./lib/sending.js";

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
const plain = (text) => text.normalize("NFD").replace(/\p{Diacritic}/gu, "").toLowerCase();
const groups = $$("[data-group]");
const begun = new Map(groups.map((group) => [group, group.open]));
const chosen = () => $('input[name="speaker"]:checked');
for (const group of groups) if ($("input:checked", group)) group.open = true;

$("#find").addEventListener("input", (event) => {
  const wanted = plain(event.target.value.trim());
  let any = false;
  for (const group of groups) {
    let found = 0;
    for (const row of $$(".speaker", group)) {
      row.hidden = !plain(row.dataset.name).includes(wanted);
      if (!row.hidden) found += 1;
    }
    group.hidden = Boolean(wanted) && !found;
    group.open = wanted ? found > 0 : begun.get(group) || Boolean($("input:checked", group));
    any ||= found > 0;
  }
  $("#none").hidden = any;
});

const audio = new Audio();
let playing = null;

function stop() {
  audio.pause();
  if (!playing) return;
  playing.replaceChildren(icon("play"));
  playing.removeAttribute("aria-pressed");
  playing = null;
}
audio.addEventListener("ended", stop);

function play(button, address) {
  stop();
  playing = button;
  button.replaceChildren(icon("pause"));
  button.setAttribute("aria-pressed", "true");
  audio.src = address;
  audio.play().catch(stop);
}

function busy(button, on) {
  button.replaceChildren(icon(on ? "loader-circle" : "play"));
  if (on) button.setAttribute("aria-busy", "true");
  else button.removeAttribute("aria-busy");
}

/** An engine's own voice says a sentence first; it is kept, so the next time is at once. */
async function hear(button) {
  if (playing === button) return stop();
  if (button.dataset.soundAt) return play(button, button.dataset.soundAt);
  const body = new FormData();
  body.set("speaker", button.dataset.hear);
  body.set("language", $("#id_target_language").value || $("#id_source_language").value);
  busy(button, true);
  const failed = (text) => {
    busy(button, false);
    toast(text, "error");
  };
  try {
    const answer = await request(settings.hear, { method: "POST", form: body });
    const there = () => {
      busy(button, false);
      play(button, answer.sound);
    };
    if (answer.errand) watch(answer.errand, { done: there, failed: (error) => failed(error.message) });
    else there();
  } catch (error) {
    failed(error.message);
  }
  return undefined;
}
for (const button of $$("[data-hear]")) button.addEventListener("click", () => hear(button));

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
