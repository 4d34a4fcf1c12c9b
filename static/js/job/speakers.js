// Who speaks: names and voices saved as they are chosen, samples to hear, sentences given to somebody else.
import { $, $$, data, el, icon, toast } from "../lib/dom.js";
import { watch } from "../lib/errand.js";
import { request } from "../lib/net.js";

/** Play one stretch of the original at a time. audio: null where there is no original. */
function player(audio) {
  let row = null;
  let end = 0;
  const stop = () => {
    audio?.pause();
    row?.classList.remove("playing");
    row = null;
  };
  audio?.addEventListener("timeupdate", () => row && audio.currentTime >= end && stop());
  audio?.addEventListener("ended", stop);
  return {
    stop,
    play(button) {
      const wanted = button.closest(".speaker");
      if (row === wanted) return stop();
      stop();
      row = wanted;
      row.classList.add("playing");
      end = Number(button.dataset.end);
      audio.currentTime = Number(button.dataset.start);
      audio.play().catch(stop);
      return undefined;
    },
  };
}

/** Put the panel, the chips and the count of changes of the page as it is now in place of these. The player plays on. */
async function redraw(root) {
  const answer = await fetch(location.pathname, { credentials: "same-origin" });
  if (!answer.ok) return location.reload();
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const open = $$(".speaker-more[open]", root).map((more) => more.closest(".speaker").id);
  for (const part of ["#speakers", "#speakers-data", "#picked", "#rerun", ".by-speaker"]) {
    const [old, next] = [$(part, root), $(part, page)];
    if (old && next) old.replaceWith(document.importNode(next, true));
  }
  for (const row of $$(".segment, .review-row", root)) {
    const next = page.getElementById(row.id);
    if (!next) continue;
    row.dataset.speaker = next.dataset.speaker;
    chip(row, $(".seg-speaker", next));
    const [stale, now] = [$("[data-stale]", row), $("[data-stale]", next)];
    if (stale && now) stale.hidden = now.hidden;
  }
  for (const id of open) $(`#${id} .speaker-more`, root)?.setAttribute("open", "");
  return undefined;
}

/** A segment's chip as it is now: there is none while only one person speaks. */
function chip(row, next) {
  const old = $(".seg-speaker", row);
  const made = next && document.importNode(next, true);
  const side = $(".review-side", row);
  if (old && made) old.replaceWith(made);
  else if (old) old.remove();
  else if (made && side) side.after(made);
  else if (made) $(".seg-texts", row).prepend(made);
}

export function speakers(root) {
  const panel = () => $("#speakers", root);
  if (!panel()) return null;
  const end = new AbortController();
  const on = (name, work, target = root) => target.addEventListener(name, work, { signal: end.signal });
  let heard = player($("#speaker-audio", root));
  let watching = () => {};

  const changes = () => Number($("#rerun:not([hidden]) [data-stale-count]", root)?.textContent ?? 0);

  async function send(url, form) {
    const answer = await request(url, { method: "POST", form });
    heard.stop();
    await redraw(root);
    heard = player($("#speaker-audio", root));
    return answer;
  }

  async function submit(form, button) {
    const body = new FormData(form, button);
    form.setAttribute("aria-busy", "true");
    try {
      if (form.matches("[data-errand]")) return await make(form, body);
      const before = changes();
      const answer = await send(form.action, body);
      if (answer.stale_count > before) toast("Saved. Press Re-speak when you are done with your changes.");
    } catch (error) {
      toast(error.message, "error");
    } finally {
      form.removeAttribute("aria-busy");
    }
    return undefined;
  }

  /** A voice for the library: cut by a worker, then in the library. */
  async function make(form, body) {
    const { voice, errand } = await request(form.action, { method: "POST", form: body });
    const said = $("[data-errand-said]", form);
    said.textContent = "Cutting their speech…";
    watching = watch(errand, {
      done: () => said.replaceChildren("The voice is in your library: ", el("a", { href: `/voices/${voice}/` }, "look at it"), "."),
      failed: (error) => { said.textContent = error.message; },
    });
  }

  on("submit", (event) => {
    const form = event.target.closest("[data-speakers-form], #picked");
    if (!form) return;
    event.preventDefault();
    if (form.id === "picked") move(picked(), $("select", form).value);
    else submit(form, event.submitter);
  });
  on("change", (event) => {
    const form = event.target.closest("[data-autosave]");
    if (form) submit(form);
  });
  on("click", (event) => {
    const play = event.target.closest(".speaker [data-play]");
    if (play) return heard.play(play);
    const chosen = event.target.closest("[data-chip]");
    if (chosen) return menu(chosen);
    if (event.target.closest("#pick")) return pick(!picking());
    if (event.target.closest("[data-picked-cancel]")) return pick(false);
    return undefined;
  });

  // --- one sentence: a menu at its chip ------------------------------------------------------------------------------
  const box = el("div", { class: "who-menu", role: "menu", popover: "auto", "aria-label": "Said by" });
  root.append(box);

  function item(label, value, mark, checked) {
    return el(
      "button",
      { type: "button", role: "menuitemradio", "aria-checked": String(checked), "data-value": value },
      mark,
      el("span", {}, label),
      checked ? el("span", { class: "check-mark" }, icon("check")) : null,
    );
  }

  function menu(button) {
    const row = button.closest("[data-speaker]");
    const now = Number(row.dataset.speaker);
    const known = data("speakers-data").map(({ number, title, colour }) => {
      const mark = el("span", { class: "who", "data-who": String(colour), "aria-hidden": "true" }, String(number + 1));
      return item(title, String(number), mark, number === now);
    });
    box.replaceChildren(...known, item("Somebody new", "new", icon("user-plus"), false));
    box.row = row;
    box.showPopover();
    const at = button.getBoundingClientRect();
    const left = Math.min(at.left, innerWidth - box.offsetWidth - 12);
    const below = at.bottom + 6 + box.offsetHeight < innerHeight;
    box.style.left = `${left + scrollX}px`;
    box.style.top = `${(below ? at.bottom + 6 : at.top - 6 - box.offsetHeight) + scrollY}px`;
    button.setAttribute("aria-expanded", "true");
    box.opener = button;
    ($('[aria-checked="true"]', box) ?? box.firstChild).focus();
  }

  box.addEventListener("toggle", (event) => {
    if (event.newState === "closed") box.opener?.setAttribute("aria-expanded", "false");
  });
  box.addEventListener("click", (event) => {
    const chosen = event.target.closest("[data-value]");
    if (!chosen) return;
    box.hidePopover();
    if (chosen.getAttribute("aria-checked") !== "true") move([box.row.dataset.index], chosen.dataset.value);
  });
  box.addEventListener("keydown", (event) => {
    const rows = $$("button", box);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    rows[(rows.indexOf(document.activeElement) + step + rows.length) % rows.length].focus();
  });

  async function move(indices, speaker) {
    const form = new FormData();
    for (const index of indices) form.append("segments", index);
    form.set("speaker", speaker);
    const one = indices.length === 1;
    try {
      pick(false);
      const { title } = await send(panel().dataset.reassign, form);
      toast(`${one ? "The sentence is" : `${indices.length} sentences are`} said by ${title} now.`);
      $(`[data-index="${indices[0]}"] [data-chip]`, root)?.focus({ preventScroll: true });
    } catch (error) {
      toast(error.message, "error");
    }
  }

  // --- several sentences: choose them, then say who ------------------------------------------------------------------
  const list = () => $("#segments", root);
  const picking = () => Boolean(list()?.classList.contains("picking"));
  const picked = () => $$("[data-picked]", list()).map((row) => row.dataset.index);

  function pick(wanted) {
    if (!list() || !$("#picked", root)) return;
    list().classList.toggle("picking", wanted);
    $("#pick", root).setAttribute("aria-pressed", String(wanted));
    $("#picked", root).hidden = !wanted;
    for (const row of $$(".segment", list())) {
      delete row.dataset.picked;
      $(".seg-pick", row)?.remove();
      if (!wanted) continue;
      const title = $(".seg-text", row).textContent.trim().slice(0, 60);
      const tick = el("input", { type: "checkbox", class: "seg-pick", "aria-label": `Choose: ${title}` });
      row.querySelector(".seg-time:not(.no-js)").after(tick);
    }
    count();
  }

  function count() {
    const form = $("#picked", root);
    const many = picked().length;
    $("[data-picked-count]", form).textContent = many ? `${many} sentence${many === 1 ? "" : "s"}` : "Choose sentences";
    $("button[type=submit]", form).disabled = many === 0;
  }

  on("change", (event) => {
    const tick = event.target.closest(".seg-pick");
    if (!tick) return;
    const row = tick.closest(".segment");
    if (tick.checked) row.dataset.picked = "";
    else delete row.dataset.picked;
    count();
  });

  return () => {
    heard.stop();
    watching();
    end.abort();
    box.remove();
  };
}
