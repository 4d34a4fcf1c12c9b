// Was it made here? The hash first, computed here; the file itself only when its hash is not known. A worker may listen
// for the watermark then: what it heard is shown in place.
import { $ } from "./lib/dom.js";
import { dropzone } from "./lib/dropzone.js";
import { watch } from "./lib/errand.js";
import { csrf } from "./lib/net.js";

const HASHED_IN_MEMORY = 256 * 2 ** 20; // bytes; the browser hashes a file as one piece

const form = $("#verify");
const finding = $("#finding");
const state = $("#verify-state");
const address = form.action || location.pathname;
let turn = 0;
let unwatch = () => {};

function say(text) {
  state.textContent = text;
  state.hidden = !text;
}

async function sha256(file) {
  if (!crypto.subtle || file.size > HASHED_IN_MEMORY) return null;
  const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function part(url, options = {}) {
  const headers = { "X-Part": "finding", "X-CSRFToken": csrf() };
  const answer = await fetch(url, { ...options, headers, credentials: "same-origin" });
  const known = answer.headers.get("content-type")?.includes("html") && answer.status !== 413;
  if (!known) throw new Error(answer.status === 413 ? "The file is too large to be looked at here." : `The server answered ${answer.status}.`);
  return answer.text();
}

function show(html) {
  // The server's own template, from the same origin.
  finding.innerHTML = html;
  finding.focus();
  listen();
}

/** Follow the errand of the finding that is shown, if it has one, and show what came of it. */
function listen() {
  const waiting = $("[data-errand]", finding);
  unwatch();
  if (!waiting) return;
  const { errand } = waiting.dataset;
  const mine = turn;
  const text = $("[data-errand-text]", waiting);
  const over = async () => {
    try {
      const html = await part(`${address}?errand=${errand}`);
      if (mine === turn) finding.innerHTML = html;
    } catch (error) {
      if (mine === turn) text.textContent = `${error.message} Try again.`;
    }
  };
  unwatch = watch(errand, {
    progress: ({ stage, progress }) => {
      if (stage) text.textContent = `${stage}: ${Math.round(progress * 100)} %`;
    },
    done: over,
    failed: over,
  });
}

async function look(file) {
  const mine = (turn += 1);
  unwatch();
  finding.replaceChildren();
  try {
    say("Computing the hash…");
    const hash = await sha256(file);
    if (hash && mine === turn) {
      const html = await part(`${address}?sha256=${hash}`);
      if (mine !== turn) return;
      if (html.includes('data-certainty="exact"')) {
        show(html);
        return;
      }
    }
    say("The hash is not known here. Looking into the file…");
    const body = new FormData();
    body.append("file", file);
    const html = await part(address, { method: "POST", body });
    if (mine === turn) show(html);
  } catch (error) {
    if (mine === turn) say(`${error.message} Try again.`);
    return;
  } finally {
    if (mine === turn && finding.childElementCount) say("");
  }
}

dropzone($("[data-drop]", form), { max_bytes: Number(form.dataset.largest) }, (file, wrong) => {
  if (file && !wrong) look(file);
  if (!file) {
    turn += 1;
    unwatch();
    finding.replaceChildren();
    say("");
  }
});
form.addEventListener("submit", (event) => event.preventDefault());
listen();
