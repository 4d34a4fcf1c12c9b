// The list of jobs: live states over one socket, and a first frame for each video in sight.
import { $, $$, data, el, icon } from "./lib/dom.js";
import { left, percent } from "./lib/format.js";
import { follow } from "./lib/net.js";

const LABELS = data("stage-labels") ?? {};
const BADGES = {
  running: ["badge badge-info badge-live", null, "At work"],
  queued: ["badge", "clock", "Queued"],
  waiting: ["badge badge-warn", "scan-eye", "Your review"],
  succeeded: ["badge badge-ok", "check", "Done"],
  failed: ["badge badge-danger", "triangle-alert", "Failed"],
  cancelled: ["badge", "ban", "Cancelled"],
};

function badge(status) {
  const [classes, name, text] = BADGES[status];
  return el("span", { class: classes, "data-status": true }, name && icon(name), text);
}

function show(card, state) {
  if (card.dataset.state !== state.status && BADGES[state.status]) {
    card.dataset.state = state.status;
    $("[data-status]", card).replaceWith(badge(state.status));
    if (state.status === "succeeded") poster($(".job-thumb", card));
  }
  const busy = state.status === "running" || state.status === "queued";
  $("[data-progress]", card).hidden = !busy;
  if (!busy) return;
  $("progress", card).value = state.progress;
  const parts = state.status === "queued" ? ["Waiting for a free worker"] : [percent(state.progress), LABELS[state.stage]];
  $("[data-doing]", card).textContent = [...parts, left(state.eta_seconds)].filter(Boolean).join(" · ");
}

/** The picture of a portrait, now that there is one. */
function poster(box) {
  if (box.dataset.poster && !$("img", box)) box.append(el("img", { src: box.dataset.poster, alt: "" }));
}

function thumbnail(box) {
  const video = el("video", { muted: true, preload: "metadata", playsinline: true, tabindex: "-1", src: `${box.dataset.thumb}#t=1` });
  video.muted = true;
  video.addEventListener("loadeddata", () => video.classList.add("ready"), { once: true });
  video.addEventListener("error", () => video.remove(), { once: true });
  box.append(video);
}

const seen = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (!entry.isIntersecting) continue;
    seen.unobserve(entry.target);
    thumbnail(entry.target);
  }
}, { rootMargin: "120px" });
for (const box of $$("[data-thumb]")) seen.observe(box);

/** On the page of a batch: how many are done, and its archive once there is something in it. */
function tally() {
  const said = $("#batch-said");
  if (!said) return;
  const states = [...cards.values()].map((card) => card.dataset.state);
  const done = states.filter((state) => state === "succeeded").length;
  const stopped = states.filter((state) => state === "failed" || state === "cancelled").length;
  $("[data-batch-done]", said).textContent = String(done);
  $("[data-batch-failed]", said).hidden = stopped === 0;
  $("[data-batch-failed] .num", said).textContent = String(stopped);
  $("#batch-archive").hidden = done === 0;
}

const cards = new Map($$("[data-job]").map((card) => [card.dataset.job, card]));
if (cards.size) {
  follow(() => "/ws/jobs/", {
    message(state) {
      const card = cards.get(state.job);
      if (!card) return;
      show(card, state);
      tally();
    },
  });
}
