// A voice chosen by ear: of the library, or one that an engine brings. One plays at a time.
import { $, $$, icon, toast } from "./dom.js";
import { watch } from "./errand.js";
import { request } from "./net.js";

/** hear: address that has an engine's own voice speak; language(): the code that it speaks then. */
export function speakers({ hear, language }) {
  const plain = (text) => text.normalize("NFD").replace(/\p{Diacritic}/gu, "").toLowerCase();
  const groups = $$("[data-group]");
  const begun = new Map(groups.map((group) => [group, group.open]));
  const chosen = () => $('input[name="speaker"]:checked');
  for (const group of groups) if ($("input:checked", group)) group.open = true;

  $("#find").addEventListener("input", (event) => {
    const wanted = plain(event.target.value.trim());
    let any = false;
    for (const group of groups) {
      let found = 0;
      for (const row of $$(".speaker", group)) {
        row.hidden = !plain(row.dataset.name).includes(wanted);
        if (!row.hidden) found += 1;
      }
      group.hidden = Boolean(wanted) && !found;
      group.open = wanted ? found > 0 : begun.get(group) || Boolean($("input:checked", group));
      any ||= found > 0;
    }
    $("#none").hidden = any;
  });

  const audio = new Audio();
  let playing = null;

  function stop() {
    audio.pause();
    if (!playing) return;
    playing.replaceChildren(icon("play"));
    playing.removeAttribute("aria-pressed");
    playing = null;
  }
  audio.addEventListener("ended", stop);

  function play(button, address) {
    stop();
    playing = button;
    button.replaceChildren(icon("pause"));
    button.setAttribute("aria-pressed", "true");
    audio.src = address;
    audio.play().catch(stop);
  }

  function busy(button, on) {
    button.replaceChildren(icon(on ? "loader-circle" : "play"));
    if (on) button.setAttribute("aria-busy", "true");
    else button.removeAttribute("aria-busy");
  }

  /** An engine's own voice says a sentence first; it is kept, so the next time is at once. */
  async function listen(button) {
    if (playing === button) return stop();
    if (button.dataset.soundAt) return play(button, button.dataset.soundAt);
    const body = new FormData();
    body.set("speaker", button.dataset.hear);
    body.set("language", language());
    busy(button, true);
    const failed = (text) => {
      busy(button, false);
      toast(text, "error");
    };
    try {
      const answer = await request(hear, { method: "POST", form: body });
      const there = () => {
        busy(button, false);
        play(button, answer.sound);
      };
      if (answer.errand) watch(answer.errand, { done: there, failed: (error) => failed(error.message) });
      else there();
    } catch (error) {
      failed(error.message);
    }
    return undefined;
  }
  for (const button of $$("[data-hear]")) button.addEventListener("click", () => listen(button));
  return { chosen, stop };
}
