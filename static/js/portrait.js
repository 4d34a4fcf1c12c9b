// New talking portraits: a face, what it says and how, what that will take, and an upload that tells how it goes.
import { $, $$, data, debounce, el, icon } from "./lib/dom.js";
import { clock } from "./lib/format.js";
import { combobox } from "./lib/combobox.js";
import { dropzone } from "./lib/dropzone.js";
import { lips, rough, sliders } from "./lib/lips.js";
import { request } from "./lib/net.js";
import { Recorder } from "./lib/recorder.js";
import { sender, showErrors } from "./lib/sending.js";
import { price } from "./new/check.js";
import { newFace } from "./portrait/face.js";

const settings = data("page-settings");
const form = $("#portrait-form");
const submit = $("#submit");
const count = $("#count");
const zones = {};
let possible = true;
let recorded = null;

function ready() {
  submit.disabled = !possible || sent.sending;
}

const zone = (name, limits = {}, changed = () => {}) => {
  const box = $(`[data-drop="${name}"]`);
  if (box) zones[name] = dropzone(box, limits, (file, bad = false) => { changed(file, bad); soon(); });
};

// --- the face --------------------------------------------------------------------------------------------------------
const face = $("#new-face") && newFace(form, settings, () => soon());

// --- what it says ----------------------------------------------------------------------------------------------------
const way = () => $('input[name="way"]:checked')?.value ?? "text";

function ways() {
  for (const part of $$("[data-way]")) part.hidden = part.dataset.way !== way();
  for (const part of $$("[data-spoken]")) part.hidden = way() === "sound";
  soon();
}

zone("script");
zone("sound", settings, (file) => { if (file && recorded) recorder?.clear(); });
zone("reference");
const tone = $("#id_emotion_reference");
zone("emotion", {}, (file) => { if (file && tone) tone.value = ""; });
tone?.addEventListener("change", () => { if (tone.value) zones.emotion.clear(); });

const place = $("#sound-recorder");
const recorder = place && new Recorder(place, {
  max: 600,
  name: "my recording",
  label: "Record it",
  changed(file) {
    recorded = file;
    if (file && zones.sound.file) zones.sound.clear();
    soon();
  },
});

/** What is written, of a file as of the field. */
async function written() {
  if (way() === "text") return $("#id_text").value;
  const file = zones.script?.file;
  return way() === "script" && file && file.size < 4 * 2 ** 20 ? file.text() : "";
}

const spoken = (text) => text.replace(/^\s*\d+\s*$|^.*-->.*$/gm, "").replace(/\s+/g, " ").trim();

// --- what it will take -----------------------------------------------------------------------------------------------
const options = lips(form);
sliders(form);

function row(symbol, title, text) {
  return el("li", {}, icon(symbol), el("span", {}, el("span", { class: "muted" }, title), text));
}

function found(answer) {
  const named = (stage, name) => settings.stages[`${stage}:${name}`]?.label ?? name;
  const rows = [
    answer.seconds ? row("clock", "Length, about", clock(answer.seconds)) : null,
    answer.voice ? row("audio-lines", "Voice", named("tts", answer.voice)) : null,
    row("smile", "Lips", named("lipsync", answer.lipsync)),
    answer.work_seconds ? row("gauge", "Work on the lips", `about ${rough(answer.work_seconds)}`) : null,
  ];
  const sends = [settings.stages[`tts:${answer.voice}`]?.sends].filter(Boolean);
  return [
    el("ul", { class: "plan" }, ...rows.filter(Boolean)),
    ...sends.map((text) => el("div", { class: "notice small" }, icon("info"), el("div", {}, el("p", {}, text)))),
    price(answer.cost),
  ].filter(Boolean);
}

let going = null;
let last = "";
async function ask() {
  const text = spoken(await written());
  const words = text ? text.split(" ").length : 0;
  count.textContent = way() === "sound" || !words ? "" : `${words.toLocaleString("en")} word${words === 1 ? "" : "s"}, about ${clock(text.length / settings.characters_a_second)}`;
  const given = new FormData(form);
  const seconds = way() === "sound" ? zones.sound?.seconds : null;
  const asked = new URLSearchParams({
    language: given.get("target_language"),
    voice_engine: given.get("voice_engine") || "auto",
    cloned: String(Boolean(given.get("voice")) || Boolean(zones.reference?.file)),
    spoken: String(way() !== "sound"),
    lipsync: given.get("lipsync") || "auto",
    lip_options: JSON.stringify(options()),
    fps: given.get("fps") || "25",
    ...(way() !== "sound" && text ? { characters: String(text.length) } : {}),
    ...(seconds ? { seconds: seconds.toFixed(1) } : {}),
  }).toString();
  if (asked === last) return;
  last = asked;
  going?.abort();
  going = new AbortController();
  const box = $("#check");
  try {
    const answer = await request(`${settings.check}?${asked}`, { signal: going.signal });
    possible = answer.ok;
    box.replaceChildren(...(answer.ok ? found(answer) : [el("div", { class: "notice notice-warn" }, icon("triangle-alert"), el("p", {}, answer.message))]));
  } catch (error) {
    if (error.name === "AbortError") return;
    last = "";
    possible = true;
    box.replaceChildren(el("p", { class: "small muted" }, `The check could not be made (${error.message}) It is made again when you start.`));
  }
  ready();
}
const soon = debounce(250, ask);
form.addEventListener("input", soon);
form.addEventListener("change", soon);

// --- away it goes ----------------------------------------------------------------------------------------------------
const SCRIPT_FIELDS = ["text", "script", "sound"];

/** What the page itself can see is missing, by field. */
function missing() {
  if (face && !face.chosen && !face.file) return { picture: ["Choose a face of your library, or bring a photo."] };
  if (!face && !$('input[name="faces"]:checked')) return { faces: ["Choose at least one face."] };
  const there = { text: $("#id_text").value.trim() || $("#id_scripts")?.files.length, script: zones.script?.file, sound: zones.sound?.file || recorded };
  return there[way()] ? null : { [way()]: ["Say what it is to say: write it, or bring a file."] };
}

const sent = sender(form, {
  field: "text",
  body() {
    const wrong = missing();
    if (wrong) {
      showErrors(wrong);
      return null;
    }
    const body = new FormData(form);
    body.delete("way");
    for (const [name, one] of Object.entries(zones)) {
      if (one.file) body.set(name, one.file, one.file.name);
      else body.delete(name);
    }
    if (face?.file) body.set("picture", face.file, face.file.name);
    else body.delete("picture");
    if (recorded) body.set("sound", recorded, recorded.name);
    if ($("[data-way]:not([data-way=text])")) for (const name of SCRIPT_FIELDS) if (name !== way()) body.delete(name);
    return body;
  },
  size: (body) => [...body.values()].reduce((sum, value) => sum + (value.size ?? value.length), 0),
  changed: () => ready(),
});

for (const name of ["dragover", "drop"]) addEventListener(name, (event) => event.preventDefault()); // beside a zone

for (const select of $$("select[data-combo]")) combobox(select);
for (const input of $$('input[name="way"]')) input.addEventListener("change", ways);
ways();
ready();
