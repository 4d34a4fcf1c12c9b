// An upload with progress, speed and time left, that can be cancelled.
import { csrf } from "./net.js";

const WINDOW = 4000;

/** Bytes a second over the last few seconds. */
function speedometer() {
  const marks = [];
  return (loaded) => {
    const now = performance.now();
    marks.push([now, loaded]);
    while (marks.length > 2 && now - marks[0][0] > WINDOW) marks.shift();
    const [since, before] = marks[0];
    return now - since > 300 ? (1000 * (loaded - before)) / (now - since) : 0;
  };
}

export function upload(url, form, { progress, done, refused, aborted }) {
  const call = new XMLHttpRequest();
  const speed = speedometer();
  call.open("POST", url);
  call.setRequestHeader("Accept", "application/json");
  call.setRequestHeader("X-CSRFToken", csrf());
  call.responseType = "json";
  call.upload.addEventListener("progress", (event) => {
    if (!event.lengthComputable) return;
    const rate = speed(event.loaded);
    progress({ share: event.loaded / event.total, loaded: event.loaded, total: event.total, rate, left: rate ? (event.total - event.loaded) / rate : null });
  });
  call.addEventListener("load", () => {
    if (call.status === 201) done(call.response);
    else refused(call.status, call.response ?? {});
  });
  call.addEventListener("error", () => refused(0, { message: "The connection broke off. Nothing was saved; check the network and send it again." }));
  call.addEventListener("abort", aborted);
  call.send(form);
  return () => call.abort();
}
