// A job's page. The server draws each state; this brings the page from one to the next without a reload.
import { $, calm, data, toast } from "./lib/dom.js";
import { live } from "./job/live.js";
import { review } from "./job/review.js";
import { result } from "./job/result.js";
import { speakers } from "./job/speakers.js";

let leave = [];

function mount() {
  leave = [live($("#job"), refresh), review($("#job")), result($("#job")), speakers($("#job"))].filter(Boolean);
}

/** Draw the page's present state in place of the last one. */
async function refresh() {
  let page;
  try {
    const answer = await fetch(location.pathname, { credentials: "same-origin" });
    if (!answer.ok) throw new Error(String(answer.status));
    page = new DOMParser().parseFromString(await answer.text(), "text/html");
  } catch {
    location.reload();
    return;
  }
  const next = $("#job", page);
  if (!next) return location.assign("/dubs/");
  for (const end of leave) end();
  const swap = () => {
    document.title = page.title;
    // A copy made by this document: media that another document began to load would come over as failed.
    $("#job").replaceWith(document.importNode(next, true));
    mount();
  };
  if (document.startViewTransition && !calm()) document.startViewTransition(swap);
  else swap();
  const said = $("[data-status]", next)?.textContent.trim();
  if (said === "Done") toast(`The ${data("live-data").noun} is ready.`);
}

mount();
