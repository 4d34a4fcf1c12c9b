// The live page: a source is opened, its sound goes to the server, and what comes back is shown and played.
import { $, $$, calm, data, el, icon, toast } from "../lib/dom.js";
import { combobox } from "../lib/combobox.js";
import { fieldError } from "../lib/dropzone.js";
import { fragment } from "../voices/forms.js";
import { sliders } from "../voices/lab.js";
import { LiveAudio } from "./audio.js";
import { Delay } from "./delay.js";
import { Lines } from "./lines.js";
import { People } from "./people.js";
import { connect } from "./session.js";
import { Sources } from "./sources.js";
import { Transcript } from "./transcript.js";
import { newId } from "./wire.js";

const settings = data("page-settings");
const root = $("#live");
const SILENCE = 0.004; // highest sample, of full scale
const SILENT = 8000; // milliseconds of it, after which a hint is given
const TAIL = 1500; // milliseconds after a file's end, in which its last words are heard
const PATIENCE = 20000; // milliseconds for what was heard to be finished
const AGAIN = 30000; // milliseconds until the same trouble is told again
const STAGES = { asr: "recognition", translate: "translation", tts: "voices", speaker: "who speaks", watermark: "watermark" };
const FIELDS = { voice: "speaker", stock: "speaker" }; // of the wire, where this page has them
const RUNNING = ["source_language", "target_language", "preserve_voice", "voice_stability", "voice_clarity", "similarity_threshold"];
const HINTS = {
  microphone: "Nothing is heard. Is the right microphone chosen, and is it switched on?",
  tab: "The tab is silent. Play something in it. Films that are copy-protected cannot be heard.",
  file: "Nothing is heard. Is the file playing, and does it have sound?",
};

const narrow = matchMedia("(max-width: 619px)");
const field = (name) => $(`#id_${name}`);
const transcript = new Transcript();
const lines = new Lines(root, transcript, settings.languages);
const delay = new Delay(root);
const people = new People(root, transcript, { longest: settings.clip_seconds, send: (speaker, sample) => view.session?.giveVoice(speaker, [sample]) });
const sources = new Sources(root, { lost, over });
const view = { state: "idle", session: null, audio: null, muted: false, loud: 0, silent: false, level: 0, ways: new Map(), ear: null, buffer: null, timer: 0, tongues: "", said: new Map(), met: false };

// --- what is chosen ------------------------------------------------------------------------------------------------------
for (const select of $$("select[data-combo]", root)) combobox(select);
sliders(root);

/** The value of a field, as the wire takes it. */
function value(name) {
  const input = field(name);
  if (input.type === "checkbox") return input.checked;
  return input.type === "range" ? Number(input.value) : input.value;
}

/** The voice that speaks for everybody, where nobody keeps their own. */
function instead() {
  const [kind, first, ...rest] = value("preserve_voice") ? [""] : value("speaker").split(":");
  if (kind === "voice") return { voice: first };
  return kind === "stock" ? { voice_engine: first, stock: rest.join(":") } : {};
}

function options() {
  const engines = Object.fromEntries(["recognizer", "translator", "voice_engine"].map((name) => [name, value(name)]));
  return { ...Object.fromEntries(RUNNING.map((name) => [name, value(name)])), ...engines, ...instead(), sample_rate: settings.rate, channels: 1, audio_format: "binary" };
}

function named(code) {
  return settings.languages[code]?.name ?? "Detected";
}

function shown() {
  const own = value("preserve_voice");
  $("#speaker-field").hidden = own;
  const other = field("speaker").selectedOptions[0];
  $("#manner-says").textContent = own ? "Everybody keeps their own voice." : `Spoken by ${other.value ? other.textContent : "the engine’s default voice"}.`;
  $("#head-source").textContent = `Original · ${named(value("source_language"))}`;
  $("#head-target").textContent = `Translation · ${named(value("target_language"))}`;
}

for (const name of [...RUNNING, "speaker"]) {
  field(name).addEventListener("change", () => {
    fieldError(name, []);
    shown();
    if (view.session && RUNNING.includes(name)) view.session.change({ [name]: value(name) });
  });
}
$("#swap").addEventListener("click", () => {
  const [from, to] = [field("source_language"), field("target_language")];
  if (from.value === "auto") return toast("Choose the spoken language first: a detected one cannot be swapped.", "error");
  [from.value, to.value] = [to.value, from.value];
  for (const select of [from, to]) select.dispatchEvent(new Event("change", { bubbles: true }));
  return undefined;
});
shown();

// --- what is told ----------------------------------------------------------------------------------------------------------
const NOTHING = "Nothing is stored: no sound and no text.";

/** The state of all, in the bar. */
function tell(state, text, more = NOTHING) {
  view.state = state;
  root.dataset.state = state;
  const said = $("#state");
  if (said.textContent !== text) said.textContent = text;
  $("#state-more").textContent = more;
  const on = state !== "idle";
  $("#start").hidden = on;
  $("#stop").hidden = !on;
  $("#stop span").textContent = state === "stopping" ? "Stop at once" : "Stop";
  $("#mute").hidden = !["live", "lost"].includes(state);
  if (state !== "loading") $("#loading").hidden = true;
}

function notice(kind, sign, title, text) {
  return el("div", { class: `notice notice-${kind}` }, icon(sign), el("div", {}, el("strong", {}, title), text ? el("p", {}, text) : null));
}

function problem(title, text = "") {
  $("#bar-problem").replaceChildren(...(title ? [notice("danger", "circle-alert", title, text)] : []));
}

function connection(...children) {
  $("#connection").replaceChildren(...children);
}

// --- start -----------------------------------------------------------------------------------------------------------------
async function start() {
  problem("");
  connection();
  for (const name of [...RUNNING, "speaker", "recognizer", "translator", "voice_engine"]) fieldError(name, []);
  tell("asking", "Waiting for your browser", "It asks whether it may listen.");
  let open;
  try {
    open = await sources.take();
    view.audio = await LiveAudio.open({ rate: settings.rate, size: settings.chunk_size, chunk, report, began });
  } catch (error) {
    if (open) problem("The browser’s sound could not be started", error.message);
    return finish();
  }
  begin(open);
  return undefined;
}

/** Everything is there: forget what was before, and connect. */
function begin(open) {
  transcript.clear();
  lines.clear();
  delay.clear();
  people.clear();
  Object.assign(view, { met: false, silent: false, ways: new Map(), ear: null, buffer: null });
  mute(false);
  view.audio.listen(open.from, open);
  volumes(open);
  tell("connecting", "Connecting");
  view.session = connect(location.href, { session: newId(), rate: settings.rate, on: { message, sound, state } });
  view.session.start(options());
}

/** The engines are ready: now it listens. */
function listen({ source_language: source, target_language: target, notes }) {
  view.loud = performance.now();
  view.audio.capturing = true;
  if (sources.open?.kind === "file") sources.media.play().catch(() => sources.hint("Press play on the file: the browser did not start it."));
  view.tongues = `${named(source)} into ${named(target)}`;
  tell("live", "Live", view.tongues);
  if (narrow.matches) $(".live-bar").scrollIntoView({ block: "start", behavior: calm() ? "instant" : "smooth" });
  $("#head-source").textContent = `Original · ${named(source)}`;
  if (notes.length) connection(notice("info", "info", "Good to know", notes.join(" ")));
}

// --- what the server says ------------------------------------------------------------------------------------------------
const says = {
  loading({ stage, progress, eta_seconds: eta }) {
    const bar = $("#loading");
    tell("loading", "Getting the engines ready", `${STAGES[stage] ?? stage}${eta ? `, about ${Math.ceil(eta)} s` : ""}`);
    bar.hidden = false;
    bar.value = progress;
  },
  started: (said) => (view.state === "stopping" ? undefined : listen(said)),
  transcript(said) {
    if (!said.final) return lines.guess(said.text, said.language);
    lines.guess("", "");
    return lines.put(transcript.take(said));
  },
  translation(said) {
    lines.put(transcript.take(said));
    $("#said").append(el("p", { lang: said.language }, said.text));
    while ($("#said").children.length > 20) $("#said").firstElementChild.remove();
  },
  spoken(said) {
    lines.put(transcript.take(said));
    if (!said.delays) return;
    delay.took(said.delays);
    way(said.clause, { total: said.delays.total });
  },
  speaker(said) {
    transcript.take(said);
    people.put(said);
    lines.renamed(transcript.key(said.speaker));
  },
  metrics: (said) => delay.metrics(said),
  pressure({ level, lag, advice }) {
    const box = $("#pressure");
    box.dataset.level = level;
    box.replaceChildren(...(level ? [icon("gauge"), el("span", {}, advice), el("span", { class: "num muted" }, lag >= 1 ? `${lag.toFixed(1)} s behind` : "")] : []));
  },
  error: (said) => placed(said) || complain(said.code, said.message),
  stopped: () => drain(),
};

function message(said) {
  says[said.type]?.(said);
}

/** An error, at the place that it is about. Whether there is such a place. */
function placed({ message: text, field: name, clause }) {
  const here = FIELDS[name] ?? name;
  if (here && fieldError(here, [text])) {
    if ($("#manner").contains(field(here))) $("#manner").open = true;
    return true;
  }
  if (clause === undefined || clause === null) return false;
  lines.put(Object.assign(transcript.row(clause), { reason: text }));
  return true;
}

/** What happens again and again is said once in a while. */
function complain(code, text) {
  const now = performance.now();
  if (now - (view.said.get(code) ?? -Infinity) < AGAIN) return;
  view.said.set(code, now);
  toast(text, "error");
}

/** Of the connection. */
function state(name, { text, wait, resumed, anew, error }) {
  if (name === "lost") away(text, wait);
  if (name === "open") view.met = true;
  if (name === "open" && (resumed || anew)) back(anew);
  if (name === "refused") {
    if (!error || !placed(error)) problem(view.met ? "It stopped" : "It could not be started", text);
    finish();
  }
  if (name === "closed" && view.state !== "stopping") finish();
}

/** The connection is lost, or there is none yet. */
function away(text, wait) {
  const soon = wait < 2 ? "now" : `in ${Math.round(wait)} s`;
  if (view.state === "stopping") return finish();
  if (!view.met) return tell("connecting", "Connecting", `${text} Trying again ${soon}.`);
  tell("lost", "Connection lost", `Connecting again ${soon}. What you see stays.`);
  return connection(notice("warn", "wifi-off", "The connection is lost", "It is tried again by itself. Two seconds of sound are kept meanwhile."));
}

function back(anew) {
  connection(notice("ok", "circle-check", "The connection is back", anew ? "The server has begun anew: speakers are told apart again from here." : "Nothing that was said before is lost."));
  setTimeout(() => connection(), 6000);
  if (!anew) return tell("live", view.muted ? "Muted" : "Live", view.tongues);
  transcript.anew();
  lines.divide("The connection was lost, and the server began anew here");
  people.clear();
  return undefined;
}

// --- sound -------------------------------------------------------------------------------------------------------------------
function chunk(pcm, level) {
  view.level = Math.max(level, view.level * 0.75);
  $("#level").style.scale = `${Math.min(1, Math.sqrt(view.level)).toFixed(3)} 1`;
  hint(level);
  view.session?.feed(pcm);
}

/** Nothing is heard for a while: why that may be. */
function hint(level) {
  const now = performance.now();
  if (level > SILENCE || view.muted) view.loud = now;
  const silent = now - view.loud > SILENT;
  if (silent === view.silent) return;
  view.silent = silent;
  sources.hint(silent ? HINTS[sources.open?.kind] : "");
}

/** What is known of the way of a clause: when its sound came, when it is heard, how long the server took. */
function way(clause, more) {
  const known = { ...view.ways.get(clause), ...more };
  view.ways.set(clause, known);
  if (known.total === undefined || known.heard === undefined) return;
  view.ear = known.total + known.heard - known.came + (view.session?.trip ?? 0);
  view.ways.delete(clause);
}

function sound(piece) {
  if (!view.ways.get(piece.clause)?.came) way(piece.clause, { came: performance.now() / 1000 });
  view.audio?.play(piece);
}

/** A clause begins to be heard. */
function began(clause) {
  lines.playing(transcript.key(clause));
  way(clause, { heard: performance.now() / 1000 + (view.audio?.context.outputLatency ?? 0) });
}

function report(now) {
  view.buffer = now;
  Object.assign(root.dataset, { played: now.played.toFixed(2), buffered: now.buffered.toFixed(2), underruns: now.underruns });
  delay.sound(now, view.session?.trip ?? null, view.ear);
  if (now.clause < 0) lines.playing(null);
}

// --- volumes and mute ------------------------------------------------------------------------------------------------------
function volumes(open) {
  const own = open.heard;
  $("#original-volume").disabled = !own;
  $("#original-help").textContent = own ? "" : open.kind === "microphone" ? "The microphone is not played back to you." : "This browser plays the tab itself: turn it down there.";
  level();
}

function level() {
  if (!view.audio) return;
  view.audio.originalVolume = Number($("#original-volume").value);
  view.audio.dubVolume = Number($("#dub-volume").value);
}
for (const name of ["#original-volume", "#dub-volume"]) $(name).addEventListener("input", level);
for (const input of $$('input[name="from"]', root)) input.addEventListener("change", foreseen);

/** Before it is opened: the microphone is not played back. */
function foreseen() {
  volumes({ kind: sources.kind, heard: sources.kind !== "microphone" });
}
foreseen();

/** Muted it goes on, and hears silence; a file stands still meanwhile. */
function mute(on) {
  view.muted = on;
  const file = sources.kind === "file";
  const button = $("#mute");
  button.setAttribute("aria-pressed", String(on));
  button.replaceChildren(icon(file ? (on ? "play" : "pause") : on ? "mic-off" : "mic"), el("span", {}, file ? (on ? "Go on" : "Pause") : on ? "Unmute" : "Mute"));
  if (view.audio) view.audio.muted = on;
  if (view.state === "live") $("#state").textContent = on ? (file ? "Paused" : "Muted") : "Live";
  if (!view.session || !file) return;
  if (on) sources.media.pause();
  else sources.media.play();
}
$("#mute").addEventListener("click", () => mute(!view.muted));

// --- the end -----------------------------------------------------------------------------------------------------------------
/** The file is over: its last words are heard, then it stops by itself. */
function over() {
  if (view.state !== "live") return;
  tell("live", "The file is over", "Its last words are on their way.");
  view.timer = setTimeout(stop, TAIL);
}

function lost(text) {
  sources.hint(text);
  if (view.state === "live" || view.state === "lost") stop();
  else finish();
}

/** Whoever presses twice does not want to wait for the rest. */
function stop() {
  clearTimeout(view.timer);
  if (view.state === "stopping" || !view.session) return finish();
  if (view.audio) view.audio.capturing = false;
  sources.close();
  tell("stopping", "Stopping", "What was said until now is finished.");
  if (!view.session.stop()) return finish();
  view.timer = setTimeout(finish, PATIENCE);
  return undefined;
}

/** All was told; what of the dub is not heard yet is still played. */
function drain() {
  clearTimeout(view.timer);
  sources.close();
  if (view.audio) view.audio.capturing = false;
  tell("stopping", "Stopping", "The last of the dub is played.");
  const look = () => {
    if (!view.audio || (view.buffer && view.buffer.buffered === 0 && view.buffer.clause < 0)) finish();
    else view.timer = setTimeout(look, 200);
  };
  view.timer = setTimeout(look, 400); // (a report of what came last takes a moment)
}

function finish() {
  clearTimeout(view.timer);
  view.state = "idle";
  const { session, audio } = view;
  Object.assign(view, { session: null, audio: null });
  session?.close();
  audio?.close();
  sources.close();
  mute(false);
  people.over();
  lines.guess("", "");
  lines.playing(null);
  connection();
  says.pressure({ level: 0, lag: 0, advice: "" });
  $("#level").style.scale = "0 1";
  const any = transcript.rows.size > 0;
  tell("idle", any ? "Stopped" : "Ready when you are", any ? "The text stays here until you leave this page or start again." : NOTHING);
  if (any) sessions();
}

/** The list below is drawn anew, once the numbers are there. */
function sessions() {
  setTimeout(async () => {
    const next = await fragment(settings.sessions).catch(() => null);
    if (next) $("#sessions").replaceWith(next);
  }, 3000);
}

// --- text to take away -------------------------------------------------------------------------------------------------------
const TYPES = { txt: "text/plain", srt: "application/x-subrip", vtt: "text/vtt" };

function keep(kind) {
  if (!transcript.rows.size) return toast("Nothing was said yet.", "error");
  const which = $('input[name="which"]:checked').value;
  const address = URL.createObjectURL(new Blob([transcript.file(kind, which)], { type: TYPES[kind] }));
  el("a", { href: address, download: `live-${new Date().toISOString().slice(0, 16).replace(":", "")}.${kind}` }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
  $("#keep").open = false;
  return undefined;
}
for (const button of $$("[data-keep]")) button.addEventListener("click", () => keep(button.dataset.keep));

$("#start").addEventListener("click", start);
$("#stop").addEventListener("click", stop);
addEventListener("pagehide", () => {
  if (view.session) finish();
});
addEventListener("beforeunload", (event) => {
  if (view.session) event.preventDefault();
});
