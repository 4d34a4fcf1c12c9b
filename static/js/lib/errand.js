// Short work of the workers, watched until it is done: GET /api/errands/<id>.
import { request } from "./net.js";

const FIRST = 350; // milliseconds
const SLOWEST = 4000;
const AT_ONCE = 4; // errands are taken up in turn, so the first ones say all there is to say

const watched = new Map();
let timer = 0;
let wait = FIRST;

function next() {
  clearTimeout(timer);
  if (watched.size) timer = setTimeout(look, wait * (0.85 + Math.random() * 0.3));
}

/** Tell the page what is new of one errand; true where something was. */
function tell(id, errand) {
  const watch = watched.get(id);
  if (!watch) return false;
  const now = `${errand.status} ${errand.stage} ${errand.progress}`;
  if (errand.status === "done" || errand.status === "failed") watched.delete(id);
  if (errand.status === "done") watch.done(errand.result, errand);
  else if (errand.status === "failed") watch.failed(errand.error);
  else if (now !== watch.last) watch.progress(errand);
  const news = now !== watch.last;
  watch.last = now;
  return news;
}

/** A refusal that another look cannot change ends the watch; a lost connection or a busy server does not. */
function refused(id, error) {
  const passing = !error.status || error.status === 429 || error.status >= 500;
  if (passing) return;
  watched.get(id)?.failed({ code: error.body?.code ?? "", message: error.message });
  watched.delete(id);
}

async function look() {
  const ids = [...watched.keys()].slice(0, AT_ONCE);
  const news = await Promise.all(
    ids.map((id) =>
      request(`/api/errands/${id}`).then(
        (errand) => tell(id, errand),
        (error) => refused(id, error),
      ),
    ),
  );
  wait = news.some(Boolean) ? FIRST * 2 : Math.min(SLOWEST, wait * 1.35);
  next();
}

/**
 * Watch an errand. `progress({status, stage, progress})` whenever something moved, then once `done(result)` or
 * `failed({code, message})`. Returns a function that stops watching.
 */
export function watch(id, { progress = () => {}, done = () => {}, failed = () => {} } = {}) {
  watched.set(id, { progress, done, failed, last: "" });
  wait = FIRST;
  next();
  return () => watched.delete(id);
}

document.addEventListener("visibilitychange", () => {
  if (document.visibilityState !== "visible" || !watched.size) return;
  wait = FIRST;
  next();
});
