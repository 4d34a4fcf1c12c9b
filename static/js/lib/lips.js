// The settings of the engine that moves lips: those of the chosen one are shown, each with its value.
import { $, $$, debounce } from "./dom.js";
import { request } from "./net.js";

const round = (value) => String(Math.round(value * 1000) / 1000);

/** Show a slider's value beside its label. */
export function sliders(root) {
  for (const output of $$("output[for]", root)) {
    const input = document.getElementById(output.getAttribute("for"));
    if (input?.type !== "range") continue;
    const show = () => { output.textContent = round(Number(input.value)); };
    input.addEventListener("input", show);
    show();
  }
}

/** root: holds the choice and the panels. Returns what is set otherwise than the engine has it by itself, by name. */
export function lips(root) {
  const choice = $("#id_lipsync", root);
  const panels = $$("[data-lips]", root);
  const show = () => {
    for (const panel of panels) {
      panel.hidden = panel.dataset.lips !== choice.value;
      panel.disabled = panel.hidden;
    }
  };
  choice.addEventListener("change", show);
  show();
  sliders(root);
  return () => {
    const inputs = $$("[data-lips]:not([hidden]) input", root).filter((input) => input.value !== input.defaultValue);
    return Object.fromEntries(inputs.map((input) => [input.name.split("-").slice(2).join("-"), Number(input.value)]));
  };
}

/** A length of time, roughly. */
export function rough(seconds) {
  const [size, unit] = [[86400, "day"], [3600, "hour"], [60, "minute"], [1, "second"]].find(([size]) => seconds >= 1.5 * size) ?? [1, "second"];
  const count = Math.max(1, Math.round(seconds / size));
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}

/** Say how long the lips of a video will take. media(): its seconds, null while they are not known. */
export function lipCost(root, url, options, media) {
  const choice = $("#id_lipsync", root);
  const line = $("#lip-cost", root);
  const ask = debounce(300, async () => {
    const seconds = media();
    line.hidden = !choice.value;
    if (!choice.value) return;
    const asked = new URLSearchParams({
      spoken: "false",
      lipsync: choice.value,
      lip_options: JSON.stringify(options()),
      seconds: String(seconds ?? 60),
    });
    try {
      const answer = await request(`${url}?${asked}`);
      const what = seconds === null ? "A minute of video" : "This video";
      line.textContent = answer.ok ? `${what} takes about ${rough(answer.work_seconds)} of work on this machine.` : answer.message;
    } catch (error) {
      line.textContent = error.message;
    }
  });
  root.addEventListener("change", ask);
  ask();
}
