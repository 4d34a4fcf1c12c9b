// A new voice: made first, then its recordings follow one by one, each with its verdict.
import { $, $$, calm, data } from "../lib/dom.js";
import { fieldError } from "../lib/dropzone.js";
import { clock } from "../lib/format.js";
import { Refused, request } from "../lib/net.js";
import { showErrors } from "../lib/sending.js";
import { onForm } from "./forms.js";
import { Intake } from "./intake.js";
import { reading } from "./reading.js";
import { sampleRows } from "./samples.js";
import { tokens } from "./tokens.js";

const form = $("#voice-form");
const list = $("#sample-list");
const submit = $("#submit");
let made = null;

const rows = sampleRows(list, follow);
const intake = new Intake({ list, limits: data("sample-limits"), changed: follow, drawn: (row, url) => rows.draw(row, url) });
reading($("#reading"));
for (const select of $$("select[data-tokens]")) tokens(select);

/** How much was brought; once the voice is made, how far its samples are. */
function follow() {
  const seconds = intake.items.reduce((sum, item) => sum + item.seconds, 0);
  $("#brought").textContent = !made && seconds ? `${clock(seconds)} of recordings` : "";
  if (made) verdict();
}

function verdict() {
  const of = (status) => $$(`.sample[data-status="${status}"]`, list).length;
  const [pending, measuring] = [$$(".sample-pending:not(.sample-refused)", list).length, of("measuring")];
  const bad = of("refused") + $$(".sample-pending.sample-refused", list).length;
  const good = of("good") + of("flagged");
  const some = (count, one, many) => `${count} recording${count === 1 ? ` ${one}` : `s ${many}`}`;
  const verdicts = [good ? some(good, "can be used.", "can be used.") : "", bad ? `${bad} cannot: see what to record instead.` : ""];
  const open = pending + measuring;
  const text = pending
    ? `${some(pending, "is", "are")} still to be sent. Please stay on this page.`
    : measuring
      ? `${some(measuring, "is", "are")} being measured. You can go on; that goes on without this page.`
      : verdicts.filter(Boolean).join(" ") || "The voice is made. Add a recording whenever you like.";
  $("#after-text").textContent = text;
  if (!open && !bad && good) location.assign(made);
}

/** What the page sees by itself is missing. */
function missing() {
  const { name, person_name: person, whose } = form.elements;
  const fields = {};
  if (!name.value.trim()) fields.name = ["Give the voice a name."];
  if (whose.value === "other" && !person.value.trim()) fields.person_name = ["Say whose voice it is."];
  return fields;
}

onForm("#voice-form", async () => {
  if (made) return undefined;
  for (const one of $$("[data-errors-for]", form)) fieldError(one.dataset.errorsFor, []);
  $("#form-errors").replaceChildren();
  const fields = missing();
  if (Object.keys(fields).length) return showErrors(fields);
  const body = new FormData(form);
  body.delete("sample");
  submit.setAttribute("aria-busy", "true");
  try {
    const answer = await request(location.pathname, { method: "POST", form: body });
    made = answer.url;
    after(answer.samples);
  } catch (error) {
    submit.removeAttribute("aria-busy");
    if (!(error instanceof Refused)) throw error;
    showErrors(error.body.fields ?? { __all__: [error.message] });
  }
  return undefined;
});

/** The voice is there: what was typed is its own now, and the recordings follow. */
function after(address) {
  if (!intake.waiting.length && !intake.items.length) return location.assign(made);
  submit.hidden = true;
  $("#after").hidden = false;
  $("#after-go").href = made;
  for (const part of $$("[data-fields]")) part.inert = true;
  history.replaceState({}, "", made);
  list.closest("section").scrollIntoView({ behavior: calm() ? "auto" : "smooth" });
  verdict();
  intake.send(address);
  return undefined;
}

addEventListener("beforeunload", (event) => {
  if (intake.sending || (!made && intake.items.length)) event.preventDefault();
});
