// A clip to search with: dropped or recorded, sent, listened to.
import { $ } from "../lib/dom.js";
import { dropzone, fieldError } from "../lib/dropzone.js";
import { watch } from "../lib/errand.js";
import { percent } from "../lib/format.js";
import { Recorder } from "../lib/recorder.js";
import { upload } from "../lib/upload.js";

export function clipSearch(panel, opener, found) {
  const form = $("#clip-form", panel);
  const go = $("#clip-go", panel);
  const line = $("#clip-progress", panel);
  let recorder = null;
  let recorded = null;

  const zone = dropzone($('[data-drop="clip"]', panel), {}, (file) => {
    if (file && recorded) recorder?.clear();
    ready();
  });

  function ready() {
    go.disabled = !(zone.file ?? recorded);
  }

  function open(on) {
    panel.hidden = !on;
    opener.setAttribute("aria-expanded", String(on));
    if (!on) {
      recorder?.close();
      recorder = null;
      opener.focus();
      return;
    }
    recorder ??= new Recorder($("#clip-recorder", panel), {
      max: 60,
      min: 2,
      name: "my clip",
      label: "Record one",
      changed(file) {
        recorded = file;
        if (file && zone.file) zone.clear();
        ready();
      },
    });
  }

  function busy(on) {
    line.hidden = !on;
    go.hidden = on;
  }

  function say(text, share) {
    $("[data-doing]", line).textContent = text;
    $("progress", line).value = share;
  }

  function refuse(text) {
    busy(false);
    fieldError("clip", [text]);
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const file = zone.file ?? recorded;
    if (!file) return;
    fieldError("clip", []);
    const body = new FormData();
    body.set("clip", file, file.name);
    busy(true);
    say("Sending", 0);
    upload(form.action, body, {
      progress: ({ share }) => say(`Sending, ${percent(share)}`, share * 0.4),
      refused: (status, answer) => refuse(answer.fields?.clip?.[0] ?? answer.message ?? "The server did not take it. Try again in a minute."),
      aborted: () => busy(false),
      done({ url, errand }) {
        say("Listening", 0.45);
        watch(errand, {
          progress: ({ progress }) => say("Listening", 0.45 + 0.5 * progress),
          done: () => found(url),
          failed: ({ message }) => refuse(message),
        });
      },
    });
  });
  opener.addEventListener("click", () => open(panel.hidden));
  $("#sound-close", panel).addEventListener("click", () => open(false));
  if (!panel.hidden) open(true);
  ready();
}
