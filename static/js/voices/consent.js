// Reading the sentence aloud: the microphone first, then the sentence and its time, then the check.
import { $, data, el, icon } from "../lib/dom.js";
import { watch } from "../lib/errand.js";
import { request } from "../lib/net.js";
import { Recorder } from "../lib/recorder.js";

const SOON = 10; // seconds left from which the time is marked

const given = data("reading-data");
const box = $("#reading");
let recorder = null;
let attempt = null;
let asking = false;
let ends = 0;
let timer = 0;

const show = (id) => {
  for (const name of ["before", "during", "checking"]) $(`#${name}`).hidden = name !== id;
};

/** Say what went wrong, and offer to begin anew. */
function trouble(text) {
  clearInterval(timer);
  recorder?.close();
  recorder = null;
  attempt = null;
  const again = el("button", { type: "button", class: "btn btn-sm", onclick: begin }, icon("rotate-cw"), "Try again");
  $("#reading-error").replaceChildren(el("div", { class: "notice notice-danger" }, icon("circle-alert"), el("div", { class: "stack stack-s" }, el("p", {}, text), el("div", {}, again))));
  show("before");
}

function begin() {
  const declared = $("#declared");
  if (!declared.checked) {
    declared.focus();
    $("#reading-error").replaceChildren(el("div", { class: "notice notice-warn" }, icon("info"), el("p", {}, "Declare first that the voice is your own.")));
    return;
  }
  $("#reading-error").replaceChildren();
  $("#sentence-box").hidden = true;
  $("#send").disabled = true;
  show("during");
  recorder = new Recorder($("#recorder"), {
    max: given.seconds,
    name: "reading",
    label: "Open the microphone",
    changed: (file) => {
      $("#send").disabled = !file || !attempt;
    },
    state: (name) => name === "ready" && issue(),
  });
  recorder.open();
}

/** The microphone is open: now the sentence, whose time runs from here. */
async function issue() {
  if (attempt || asking) return;
  asking = true;
  try {
    attempt = await request(given.issue, { method: "POST" });
  } catch (error) {
    trouble(error.message);
    return;
  } finally {
    asking = false;
  }
  const sentence = $("#sentence");
  sentence.textContent = attempt.sentence;
  sentence.lang = attempt.language;
  sentence.dir = "auto";
  $("#sentence-box").hidden = false;
  ends = performance.now() + attempt.seconds * 1000;
  timer = setInterval(tick, 250);
  tick();
}

function tick() {
  const left = Math.max(0, (ends - performance.now()) / 1000);
  $("#time-bar").value = left / attempt.seconds;
  $("#time-text").textContent = `${Math.ceil(left)} s`;
  $("#sentence-box").classList.toggle("time-soon", left <= SOON);
  if (left > 0) return;
  clearInterval(timer);
  recorder.stop();
  if (recorder.file) send();
  else trouble("The time is over. Ask for a new sentence, and read it at once.");
}

async function send() {
  clearInterval(timer);
  const form = new FormData();
  form.set("recording", recorder.file, recorder.file.name);
  show("checking");
  try {
    const { errand } = await request(`${given.issue}/${attempt.id}`, { method: "POST", form });
    follow(errand);
  } catch (error) {
    trouble(error.message);
  }
}

function follow(errand) {
  show("checking");
  watch(errand, {
    progress: ({ stage, progress }) => {
      if (stage) $("#stage").textContent = stage;
      if (progress) $("#progress").value = progress;
    },
    done: result,
    failed: (error) => trouble(error.message),
  });
}

/** The page shows what came of it. */
function result() {
  history.replaceState(null, "", "#result");
  location.reload();
}

if (box) {
  $("#begin").addEventListener("click", begin);
  $("#send").addEventListener("click", send);
  addEventListener("pagehide", () => recorder?.close());
  if (given.errand) follow(given.errand);
}
if (location.hash === "#result") $("#result")?.focus();
