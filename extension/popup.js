// The popup: how to dub this tab, start and stop, and what is said. It only shows and asks; the dub goes on without it.
import { choose, manner } from "./manner.js";
import { PAGE, LANGUAGES } from "./site.js";

const $ = (id) => document.getElementById(id);
const PHASES = {
  off: ["Off", "badge"],
  connecting: ["Connecting", "badge badge-info"],
  loading: ["Getting ready", "badge badge-info"],
  dubbing: ["Dubbing", "badge badge-ok badge-live"],
  lost: ["Connecting again", "badge badge-warn"],
};
const SPEAKERS = 8; // colours

const ask = (what, more = {}) => chrome.runtime.sendMessage({ to: "worker", do: what, ...more });

let site = "";
let here = null; // the tab that the popup was opened on
let there = null; // the tab that is dubbed
let port = null;

// --- how to dub -----------------------------------------------------------------------------------------------------
function fill(select, first) {
  for (const [code, name] of [...first, ...LANGUAGES.map((row) => [row.code, row.name])]) select.add(new Option(name, code));
}

function showVolume(input) {
  input.nextElementSibling.value = `${Math.round(input.value * 100)} %`;
}

async function change(what) {
  await choose(what);
  if (there !== null) await chrome.runtime.sendMessage({ to: "offscreen", do: "change", manner: what });
}

async function controls() {
  fill($("source"), [["auto", "Detect"]]);
  fill($("target"), []);
  const chosen = await manner();
  for (const name of ["source", "target"]) {
    $(name).value = chosen[name];
    $(name).addEventListener("change", () => change({ [name]: $(name).value }));
  }
  $("preserve").checked = chosen.preserve;
  $("preserve").addEventListener("change", () => change({ preserve: $("preserve").checked }));
  for (const name of ["dub", "original"]) {
    $(name).value = chosen[name];
    showVolume($(name));
    $(name).addEventListener("input", () => {
      showVolume($(name));
      change({ [name]: Number($(name).value) });
    });
  }
}

// --- what goes on ---------------------------------------------------------------------------------------------------
function follow() {
  if (port || there === null) return;
  port = chrome.runtime.connect({ name: "popup" });
  port.onMessage.addListener(showDub);
  port.onDisconnect.addListener(async () => {
    port = null;
    show(await ask("state"));
  });
}

function show(state) {
  ({ site, tab: there } = state);
  $("site").textContent = new URL(site).host;
  $("signed-out").hidden = state.signedIn;
  $("signed-in").hidden = !state.signedIn;
  $("problem").hidden = !state.problem;
  if (state.problem) {
    $("problem").querySelector("p").textContent = state.problem.text;
    ask("seen");
  }
  const running = there !== null && there === here;
  $("elsewhere").hidden = there === null || running;
  $("start").hidden = running;
  $("start").textContent = there === null || running ? "Dub this tab" : "Dub this tab instead";
  $("stop").hidden = $("running").hidden = !running;
  if (!running) showPhase("off");
  if (running) follow();
}

function showPhase(phase) {
  [$("phase").textContent, $("phase").className] = PHASES[phase];
}

function showDub(dub) {
  if (there !== here) return;
  showPhase(dub.phase);
  $("delay").value = dub.lag ?? 0;
  $("delay-text").value = dub.lag === null ? "–" : `${dub.lag.toFixed(1)} s`;
  const notice = dub.muted ? "The tab is muted, so nothing is heard. Unmute the tab to hear it and its dub." : dub.notice;
  $("notice").textContent = notice;
  $("notice").hidden = !notice;
  showSaid(dub);
}

function showSaid({ said, partial }) {
  const list = $("said");
  const atEnd = list.scrollTop + list.clientHeight >= list.scrollHeight - 8;
  list.replaceChildren(...said.map(clause), ...(partial ? [line("p", "partial", partial)].map(item) : []));
  if (atEnd) list.scrollTop = list.scrollHeight;
}

function clause({ text, translation, language, into, speaker }) {
  const row = item(line("p", "heard", text ?? "", language));
  if (translation) row.append(line("p", "", translation, into));
  if (speaker !== null && speaker !== undefined) row.style.setProperty("--who", `var(--speaker-${speaker % SPEAKERS})`);
  return row;
}

function item(child) {
  const row = document.createElement("li");
  row.append(child);
  return row;
}

function line(tag, name, text, language = "") {
  const node = document.createElement(tag);
  node.className = name;
  node.dir = "auto";
  if (language) node.lang = language;
  node.textContent = text;
  return node;
}

// --- what is pressed ------------------------------------------------------------------------------------------------
async function press(button, what, more) {
  button.setAttribute("aria-busy", "true");
  button.disabled = true;
  show(await ask(what, more));
  button.removeAttribute("aria-busy");
  button.disabled = false;
}

async function showTab(tab) {
  const { windowId } = await chrome.tabs.update(tab, { active: true });
  await chrome.windows.update(windowId, { focused: true });
  window.close();
}

$("start").addEventListener("click", () => press($("start"), "begin", { tab: here }));
$("stop").addEventListener("click", () => press($("stop"), "end"));
$("stop-there").addEventListener("click", () => press($("stop-there"), "end"));
$("go-there").addEventListener("click", () => showTab(there));
$("connect").addEventListener("click", () => chrome.tabs.create({ url: new URL(`${PAGE}#connect`, site).href }));
for (const id of ["options", "paste"]) $(id).addEventListener("click", () => chrome.runtime.openOptionsPage());

await controls();
here = (await chrome.tabs.query({ active: true, currentWindow: true }))[0]?.id ?? null;
show(await ask("state"));
