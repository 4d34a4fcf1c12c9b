// The library: results follow the filters, and a clip finds the voices that sound like it.
import { $, $$, debounce } from "../lib/dom.js";
import { watch } from "../lib/errand.js";
import { sounds } from "../lib/sound.js";
import { clipSearch } from "./clip.js";
import "./favourites.js";
import { voiceprints } from "./voiceprint.js";

const form = $("#filters");
let going = null;

function mount() {
  sounds();
  voiceprints();
  const pending = $(".sought[data-errand]");
  if (!pending) return;
  watch(pending.dataset.errand, {
    progress({ progress, stage }) {
      $("progress", pending).value = progress;
      if (stage) $("[data-doing]", pending).textContent = stage;
    },
    done: () => show(location.href, false),
    failed: () => show(location.href, false),
  });
}

/** Fetch the page of an address and put its results in place of these. */
async function show(address, remember = true) {
  going?.abort();
  going = new AbortController();
  const box = $("#results");
  box.setAttribute("aria-busy", "true");
  let page;
  try {
    const answer = await fetch(address, { signal: going.signal, credentials: "same-origin" });
    if (!answer.ok) throw new Error(String(answer.status));
    page = new DOMParser().parseFromString(await answer.text(), "text/html");
  } catch (error) {
    if (error.name !== "AbortError") location.assign(address);
    return;
  }
  for (const player of $$(".sound", box)) player.sound.close();
  box.replaceWith(document.importNode($("#results", page), true));
  if (remember) history.pushState({}, "", address);
  mount();
}

/** The address of what the form says, without what is empty. */
function wanted() {
  const query = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
  return `${location.pathname}?${query}`;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  show(wanted());
});
form.addEventListener("change", () => show(wanted()));
$("#id_text").addEventListener("input", debounce(250, () => show(wanted())));
addEventListener("popstate", () => location.reload());

// Tabs keep the form's idea of where it is.
document.addEventListener("click", (event) => {
  const tab = event.target.closest(".tabs a, .pages a");
  if (!tab || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  form.elements.scope.value = new URL(tab.href).searchParams.get("scope") ?? form.elements.scope.value;
  show(tab.href);
  if (tab.closest(".pages")) scrollTo({ top: 0 });
});

clipSearch($("#sound-panel"), $("#by-sound"), (address) => location.assign(address));
mount();
