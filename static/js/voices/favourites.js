// The star of a voice: marked at once, and taken back when the server refuses.
import { toast } from "../lib/dom.js";
import { request } from "../lib/net.js";

async function mark(form) {
  const button = form.querySelector("button");
  const on = button.value === "1";
  const show = (state) => {
    button.setAttribute("aria-pressed", String(state));
    button.value = state ? "0" : "1";
  };
  const body = new FormData();
  body.set("on", button.value);
  show(on);
  try {
    await request(form.action, { method: "POST", form: body });
  } catch (error) {
    show(!on);
    toast(error.message, "error");
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-favourite]");
  if (!form) return;
  event.preventDefault();
  mark(form);
});
