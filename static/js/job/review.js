// Review: hear each sentence, correct it, and have every correction saved as it is made.
import { $, $$ } from "../lib/dom.js";
import { request } from "../lib/net.js";

/** Play one stretch of the original at a time. */
function listener(audio) {
  let row = null;
  let end = 0;
  const stop = () => {
    audio.pause();
    row?.classList.remove("playing");
    row = null;
  };
  audio.addEventListener("timeupdate", () => row && audio.currentTime >= end && stop());
  audio.addEventListener("ended", stop);
  return (wanted) => {
    if (row === wanted) return stop();
    stop();
    row = wanted;
    row.classList.add("playing");
    end = Number(row.dataset.end) + 0.1;
    audio.currentTime = Math.max(0, Number(row.dataset.start) - 0.1);
    audio.play().catch(stop);
    return undefined;
  };
}

async function save(row, field) {
  const form = new FormData();
  const name = field.name.split("-")[0];
  form.set(name, field.value);
  const said = $("[data-saved]", row);
  said.textContent = "Saving…";
  try {
    await request(row.dataset.url, { method: "POST", form });
    said.textContent = "Saved";
    field.dataset.kept = field.value;
  } catch (error) {
    said.textContent = `Not saved: ${error.message}`;
  }
}

export function review(root) {
  const panel = $(".review", root);
  if (!panel) return null;
  const play = listener($("#review-audio"));
  for (const button of $$("[data-play]", panel)) button.addEventListener("click", () => play(button.closest(".review-row")));
  for (const field of $$("textarea", panel)) {
    field.dataset.kept = field.value;
    field.addEventListener("change", () => {
      if (field.value !== field.dataset.kept) save(field.closest(".review-row"), field);
    });
  }
  return () => $("#review-audio")?.pause();
}
