// Whether this dub could be made, and by what: asked while the form is filled in.
import { $, debounce, el, icon } from "../lib/dom.js";
import { request } from "../lib/net.js";

const STEPS = [
  ["recognizer", "asr", "ear", "Recognition"],
  ["translator", "translate", "languages", "Translation"],
  ["voice", "tts", "audio-lines", "Voice"],
];
const SKIPPED = { recognizer: "Your text is used", translator: "Not needed" };

/** US dollars; what is less than a cent as that. */
function usd(amount, about = "") {
  if (amount > 0 && amount < 0.01) return about ? "Less than $0.01" : "less than $0.01";
  return about + amount.toLocaleString("en", { style: "currency", currency: "USD" });
}

/** What it will cost, and what that rests on; nothing where it costs nothing. */
export function price(cost) {
  if (!cost?.lines.length) return null;
  const about = usd(cost.usd, "About ") + (cost.per_minute ? " a minute" : "");
  const lines = cost.lines.map((line) => el("li", {}, `${line.label}: ${usd(line.usd)}`));
  return el(
    "div",
    { class: "cost" },
    el("p", {}, icon("coins"), el("strong", { class: "num" }, about)),
    lines.length > 1 ? el("ul", { class: "small soft" }, ...lines) : null,
    el("p", { class: "tiny muted" }, cost.basis),
  );
}

/** What is said of the size of the recogniser's model: beside the choice, and here where another one is better. */
function sized(model, choose) {
  const note = $("#id_model_size-note");
  note.textContent = model?.text ?? "";
  note.hidden = !model;
  if (!model?.recommended && !model?.fetched_mb) return null;
  const name = model.recommended && model.recommended[0].toUpperCase() + model.recommended.slice(1);
  const use = model.available && el("button", { type: "button", class: "btn btn-sm", onclick: () => choose(model.recommended) }, `Use ${name}`);
  return el(
    "div",
    { class: `notice small ${name ? "notice-warn" : ""}` },
    icon(name ? "triangle-alert" : "info"),
    el("div", {}, el("p", {}, model.text), use && el("div", { class: "ways" }, use)),
  );
}

/** What leaves the site for a service. */
function sent(engines, names) {
  const texts = STEPS.map(([key, stage]) => names[`${stage}:${engines[key]}`]?.sends).filter(Boolean);
  return texts.length ? el("div", { class: "notice small" }, icon("info"), el("div", {}, ...texts.map((text) => el("p", {}, text)))) : null;
}

function plan(engines, names) {
  return el(
    "ul",
    { class: "plan" },
    ...STEPS.map(([key, stage, symbol, title]) => {
      const name = engines[key];
      const known = name ? names[`${stage}:${name}`] : null;
      const text = name ? (known?.label ?? name) : SKIPPED[key];
      const badge = known?.commercial === false ? el("span", { class: "badge badge-warn" }, "Non-commercial") : null;
      return el("li", {}, icon(symbol), el("span", {}, el("span", { class: "muted" }, title), text, badge && " ", badge));
    }),
  );
}

function refusal(answer, ways) {
  const open = (label, action) => el("button", { type: "button", class: "btn btn-sm", onclick: action }, label);
  return el(
    "div",
    { class: "notice notice-warn" },
    icon("triangle-alert"),
    el(
      "div",
      {},
      el("p", {}, answer.message),
      el("div", { class: "ways" }, open("Add the text", ways.text), open("Choose engines", ways.engines)),
    ),
  );
}

/** Characters of what is said in subtitles, without numbers and times. */
async function characters(file) {
  const lines = (await file.text()).split(/\r?\n/);
  return lines.filter((line) => !/^\s*\d*\s*$|-->|^WEBVTT/.test(line)).reduce((sum, line) => sum + line.length, 0);
}

export function checker(form, settings, { ways, verdict, media }) {
  const box = $("#check");
  let going = null;
  let last = "";
  let counted = { file: null, characters: 0 };

  async function query() {
    const given = new FormData(form);
    const subtitles = given.get("subtitles")?.size > 0;
    const target = given.get("subtitles_are") === "target";
    const { seconds, tracks } = media();
    const text = given.get("transcript")?.trim() ?? "";
    const file = given.get("subtitles");
    if (subtitles && counted.file !== file.name + file.size) {
      counted = { file: file.name + file.size, characters: await characters(file) };
    }
    const length = subtitles ? counted.characters : text.length;
    return new URLSearchParams({
      ...(seconds === null ? {} : { seconds: seconds.toFixed(1) }),
      ...(length ? { characters: String(length) } : {}),
      tracks: String(tracks),
      source: given.get("source_language"),
      target: given.get("target_language"),
      recognizer: given.get("recognizer") || "auto",
      translator: given.get("translator") || "auto",
      voice_engine: given.get("voice_engine") || "auto",
      model_size: given.get("model_size") || "",
      has_text: String((subtitles && !target) || Boolean(text)),
      has_translation: String(subtitles && target),
    }).toString();
  }

  async function ask() {
    const asked = await query();
    if (asked === last) return;
    last = asked;
    going?.abort();
    going = new AbortController();
    try {
      const answer = await request(`${settings.check}?${asked}`, { signal: going.signal });
      const parts = answer.ok ? [plan(answer.engines, settings.stages), sized(answer.model, ways.size), sent(answer.engines, settings.stages), price(answer.cost)] : [refusal(answer, ways), sized(null)];
      box.replaceChildren(...parts.filter(Boolean));
      verdict(answer.ok);
    } catch (error) {
      if (error.name === "AbortError") return;
      last = "";
      box.replaceChildren(el("p", { class: "small muted" }, `The check could not be made (${error.message}) The dub is checked again when you start it.`));
      verdict(true);
    }
  }

  const soon = debounce(250, ask);
  form.addEventListener("change", soon);
  form.addEventListener("input", soon);
  ask();
}
