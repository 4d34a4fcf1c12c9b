// Whether this dub could be made, and by what: asked while the form is filled in.
import { $, debounce, el, icon } from "../lib/dom.js";
import { request } from "../lib/net.js";

const STEPS = [
  ["recognizer", "asr", "ear", "Recognition"],
  ["translator", "translate", "languages", "Translation"],
  ["voice", "tts", "audio-lines", "Voice"],
];
const SKIPPED = { recognizer: "Your text is used", translator: "Not needed" };

function plan(engines, names) {
  return el(
    "ul",
    { class: "plan" },
    ...STEPS.map(([key, stage, symbol, title]) => {
      const name = engines[key];
      const text = name ? (names[`${stage}:${name}`]?.label ?? name) : SKIPPED[key];
      return el("li", {}, icon(symbol), el("span", {}, el("span", { class: "muted" }, title), text));
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

export function checker(form, settings, { ways, verdict }) {
  const box = $("#check");
  let going = null;
  let last = "";

  function query() {
    const given = new FormData(form);
    const subtitles = given.get("subtitles")?.size > 0;
    const target = given.get("subtitles_are") === "target";
    return new URLSearchParams({
      source: given.get("source_language"),
      target: given.get("target_language"),
      recognizer: given.get("recognizer") || "auto",
      translator: given.get("translator") || "auto",
      voice_engine: given.get("voice_engine") || "auto",
      model_size: given.get("model_size") || "",
      has_text: String((subtitles && !target) || Boolean(given.get("transcript")?.trim())),
      has_translation: String(subtitles && target),
    }).toString();
  }

  async function ask() {
    const asked = query();
    if (asked === last) return;
    last = asked;
    going?.abort();
    going = new AbortController();
    try {
      const answer = await request(`${settings.check}?${asked}`, { signal: going.signal });
      box.replaceChildren(answer.ok ? plan(answer.engines, settings.stages) : refusal(answer, ways));
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
