// A voice's page: its parts follow its samples while they are measured.
import { $, $$, data, debounce } from "../lib/dom.js";
import { sounds } from "../lib/sound.js";
import "./favourites.js";
import { pageNow } from "./forms.js";
import { Intake } from "./intake.js";
import { lab } from "./lab.js";
import { reading } from "./reading.js";
import { sampleRows } from "./samples.js";
import { tokens } from "./tokens.js";
import { voiceprints } from "./voiceprint.js";

/** Bring the parts that samples decide up to date; what somebody types in stays as it is. */
const refresh = debounce(150, async () => {
  let page;
  try {
    page = await pageNow();
  } catch {
    return;
  }
  for (const part of $$("[data-live]")) {
    const next = $(`[data-live="${part.dataset.live}"]`, page);
    if (!next) continue;
    for (const player of $$(".sound", part)) player.sound.close();
    part.replaceWith(document.importNode(next, true));
  }
  const trying = $("#lab", page);
  if (trying && !$("#lab")) {
    const lines = $("#lines", page);
    if (lines) document.body.append(document.importNode(lines, true));
    $('[data-live="portrait"]').after(document.importNode(trying, true));
    lab();
  }
  for (const row of $$("#sample-list .sample[data-status]")) {
    const next = page.getElementById(row.id);
    if (next) $(".sample-top > .grow", row).replaceWith(document.importNode($(".sample-top > .grow", next), true));
  }
  count();
  sounds();
  voiceprints();
});

function count() {
  const badge = $('[data-count="samples"]');
  if (badge) badge.textContent = String($$("#sample-list .sample").length);
}

sounds();
voiceprints();
lab();
const list = $("#sample-list");
if (list) {
  const rows = sampleRows(list, refresh);
  const { action } = $("#intake");
  new Intake({ list, limits: data("sample-limits"), url: action, changed: count, drawn: (row, url) => rows.draw(row, url) });
  reading($("#reading"));
  for (const select of $$("select[data-tokens]")) tokens(select);
}
