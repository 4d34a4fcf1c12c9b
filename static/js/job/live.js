// Live progress: the job's own log, replayed from where the page was drawn and then followed.
import { $, $$, data, el, icon } from "../lib/dom.js";
import { left, percent } from "../lib/format.js";
import { follow } from "../lib/net.js";

const SAID = { done: "done", now: "at work", ahead: "to come" };

export function live(root, refresh) {
  const given = data("live-data");
  if (!given) return null;
  const panel = $(".live", root);
  let last = given.after;
  let status = given.status;
  let stage = "";
  let waiting = false;

  function mark(row, state, share) {
    if (row.dataset.state !== state) {
      row.dataset.state = state;
      $("[data-state-text]", row).textContent = SAID[state];
      if (state === "now") row.setAttribute("aria-current", "step");
      else row.removeAttribute("aria-current");
    }
    $("progress", row).value = share;
  }

  function stages(name, share) {
    const rows = $$("#stages [data-stage]", root);
    const here = rows.findIndex((row) => row.dataset.stage === name);
    if (here < 0) return;
    rows.forEach((row, place) => mark(row, place < here ? "done" : place === here ? "now" : "ahead", place < here ? 1 : place === here ? share : 0));
  }

  function doing(name) {
    if (!name || name === stage) return;
    stage = name;
    $("[data-doing]", panel).textContent = given.stages[name] ?? name;
    $("#live-say").textContent = given.stages[name] ?? name;
  }

  function progress(payload) {
    doing(payload.stage);
    stages(payload.stage, payload.stage_progress ?? 0);
    if (payload.progress !== undefined) {
      $("#live-bar").value = payload.progress;
      $("[data-percent]", panel).textContent = percent(payload.progress);
    }
    $("[data-eta]", panel).textContent = left(payload.eta_seconds) || "Working out how long it takes";
  }

  if (panel && status === "running") $("[data-eta]", panel).textContent = left(given.eta);

  // A burst of events that end in another state asks for the page once.
  function changed() {
    if (waiting) return;
    waiting = true;
    setTimeout(refresh, 250);
  }

  const kinds = {
    progress: (payload) => panel && progress(payload),
    status(payload) {
      const busy = payload.status === "running" || payload.status === "queued";
      if (payload.status === "running" && status === "queued") {
        const badge = $("[data-status]", root);
        badge.className = "badge badge-info badge-live";
        badge.replaceChildren("At work");
      }
      const before = status;
      status = payload.status;
      if (!busy || !panel || (payload.status === "queued" && before === "running")) {
        if (payload.status !== before) changed();
        return;
      }
      if (payload.stage) progress(payload);
    },
    note(payload) {
      if (panel && payload.text) $("#live-notes").append(el("li", {}, icon("info"), el("span", {}, payload.text)));
    },
  };

  return follow(() => `/ws/jobs/${given.job}/?after=${last}`, {
    message(event) {
      if (!(event.seq > last)) return;
      last = event.seq;
      kinds[event.kind]?.(event.payload);
    },
    state(connected) {
      const lost = $("#live-lost");
      if (lost) lost.hidden = connected;
    },
  });
}
