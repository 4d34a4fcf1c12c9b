// What every page has: theme, menus, confirmations, toasts, busy buttons, copying.
import { $, $$, el, icon, toast } from "./lib/dom.js";

const root = document.documentElement;

function isDark() {
  return root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function nameTheme() {
  for (const label of $$("[data-theme-label]")) label.textContent = isDark() ? "Light theme" : "Dark theme";
}

function toggleTheme() {
  const next = isDark() ? "light" : "dark";
  root.dataset.theme = next;
  try {
    localStorage.setItem("theme", next);
  } catch {
    // The choice then lasts for this page.
  }
  nameTheme();
  dispatchEvent(new Event("themechange"));
}

function closeMenus(except = null) {
  for (const menu of $$("details.menu[open]")) if (menu !== except) menu.open = false;
}

/** A question before what cannot be undone: `data-confirm`, `-text`, `-yes` on the submit button. */
function ask(button) {
  const dialog = $("#confirm");
  $("#confirm-title").textContent = button.dataset.confirm;
  $("#confirm-text").textContent = button.dataset.confirmText ?? "";
  $("#confirm-yes").textContent = button.dataset.confirmYes ?? "Yes";
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

function onSubmit(event) {
  const button = event.submitter;
  const form = event.target;
  if (form.method === "dialog" || event.defaultPrevented) return;
  if (button?.dataset.confirm && !button.dataset.confirmed) {
    event.preventDefault();
    ask(button).then((yes) => {
      if (!yes) return;
      button.dataset.confirmed = "1";
      form.requestSubmit(button);
    });
    return;
  }
  if (form.dataset.submitted) {
    event.preventDefault();
    return;
  }
  form.dataset.submitted = "1";
  // After this turn, so that the button's own name and value are still sent.
  setTimeout(() => button?.setAttribute("aria-busy", "true"));
}

async function copy(button) {
  const source = document.getElementById(button.dataset.copy);
  const text = source.value ?? source.textContent;
  try {
    await navigator.clipboard.writeText(text.trim());
    toast("Copied.");
  } catch {
    source.focus();
    source.select?.();
  }
}

function showPassword(button) {
  const input = button.parentElement.querySelector("input");
  const show = input.type === "password";
  input.type = show ? "text" : "password";
  button.setAttribute("aria-pressed", String(show));
  button.replaceChildren(show ? icon("eye-off") : icon("eye"));
}

document.addEventListener("click", (event) => {
  const target = event.target.closest("[data-theme-toggle], [data-copy], [data-show-password]");
  if (target?.matches("[data-theme-toggle]")) toggleTheme();
  if (target?.matches("[data-copy]")) copy(target);
  if (target?.matches("[data-show-password]")) showPassword(target);
  closeMenus(event.target.closest("details.menu"));
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = event.target.closest("details.menu[open]");
  closeMenus();
  menu?.querySelector("summary").focus();
});
document.addEventListener("submit", onSubmit);
addEventListener("pageshow", () => {
  for (const form of $$("form[data-submitted]")) {
    delete form.dataset.submitted;
    for (const button of $$("[aria-busy]", form)) button.removeAttribute("aria-busy");
  }
});

for (const input of $$('input[type="password"]')) {
  const frame = el("div", { class: "password" });
  input.replaceWith(frame);
  frame.append(
    input,
    el(
      "button",
      { type: "button", class: "btn btn-ghost btn-icon btn-sm", "data-show-password": true, "aria-label": "Show the password", "aria-pressed": "false" },
      icon("eye"),
    ),
  );
}

for (const item of $$("#toasts .toast")) setTimeout(() => item.remove(), 9000);
nameTheme();
