// A form that is sent with progress, and says at each field what was refused.
import { $, $$, el, icon, toast } from "./dom.js";
import { fieldError } from "./dropzone.js";
import { bytes, left, percent } from "./format.js";
import { upload } from "./upload.js";

export function clearErrors() {
  for (const list of $$("[data-errors-for]")) fieldError(list.dataset.errorsFor, []);
  $("#form-errors").replaceChildren();
}

/** Each error at its field; what belongs to none above the form. The first one is brought into sight. */
export function showErrors(fields) {
  const loose = [];
  for (const [name, texts] of Object.entries(fields)) if (!fieldError(name, texts)) loose.push(...texts);
  const box = $("#form-errors");
  box.replaceChildren(...(loose.length ? [el("div", { class: "notice notice-danger" }, icon("circle-alert"), el("div", {}, ...loose.map((text) => el("p", {}, text))))] : []));
  for (const panel of $$("details.more")) if ($(".errors:not([hidden])", panel)) panel.open = true;
  const first = loose.length ? box : $(".errors:not([hidden])")?.closest(".field");
  first?.scrollIntoView({ block: "center" });
  (loose.length ? box : $("input:not([type=hidden]), select, textarea", first ?? document.body))?.focus({ preventScroll: true });
}

/**
 * Send `form` when it is submitted. given: `body()` gives what is sent, or null where it said itself what is missing;
 * `size(body)` its bytes, about; `field`: where an error is shown that names none; `changed()`: sending began or ended.
 * Returns { sending }.
 */
export function sender(form, { body, size, field, changed }) {
  const submit = $("#submit");
  let sending = null;
  let said = -1;

  function show(on) {
    $("#upload").hidden = !on;
    submit.hidden = on;
    if (on) submit.setAttribute("aria-busy", "true");
    else submit.removeAttribute("aria-busy");
  }

  function progress({ share, loaded, total, rate, left: rest }) {
    const whole = share >= 1;
    $("#upload-bar").value = share;
    $("#upload-percent").textContent = percent(share);
    $("#upload-text").textContent = whole ? "Looking at it" : "Uploading";
    $("#upload-cancel").hidden = whole;
    $("#upload-speed").textContent = whole ? "" : [`${bytes(loaded)} of ${bytes(total)}`, rate ? `${bytes(rate)}/s` : "", left(rest)].filter(Boolean).join(" · ");
    const quarter = Math.floor(share * 4);
    if (quarter === said) return;
    said = quarter;
    $("#upload-say").textContent = whole ? "Uploaded. It is being looked at." : `Uploaded ${percent(share)}`;
  }

  function stopped() {
    sending = null;
    show(false);
    changed();
  }

  form.addEventListener("submit", (event) => {
    if (event.target !== form) return; // a form inside it
    event.preventDefault();
    if (sending) return;
    clearErrors();
    const sent = body();
    if (!sent) return;
    said = -1;
    progress({ share: 0, loaded: 0, total: size(sent), rate: 0, left: null });
    show(true);
    sending = upload(form.action || location.href, sent, {
      progress,
      done(answer) {
        sending = null;
        $("#upload-text").textContent = "Started";
        location.assign(answer.url);
      },
      refused(status, answer) {
        stopped();
        const text = answer.message || "The server did not take it. Try again in a minute.";
        showErrors(answer.fields ?? (status === 413 || answer.field ? { [answer.field || field]: [text] } : { __all__: [text] }));
      },
      aborted() {
        stopped();
        toast("The upload was cancelled. Nothing was saved.");
      },
    });
    changed();
  });
  $("#upload-cancel").addEventListener("click", () => sending?.());
  addEventListener("beforeunload", (event) => {
    if (sending) event.preventDefault();
  });
  return { get sending() { return sending !== null; } };
}
