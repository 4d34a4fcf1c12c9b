// The settings of the engine that moves lips: those of the chosen one are shown, each with its value.
import { $, $$ } from "./dom.js";

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
