// What goes on without a page: begins and ends the dub of a tab, watches the tab, wears the badge, takes the key over
// from the site. It may be put to sleep at any time, so it remembers nothing itself: what is dubbed stands in the
// browser's session storage (in memory, gone with the browser), sound and text in the offscreen document alone.
import { account, isKey, signIn } from "./account.js";
import { manner } from "./manner.js";
import { problem, Trouble } from "./problems.js";
import { PAGE, SITE } from "./site.js";

const BADGES = {
  connecting: { text: "…", color: "#5a6963", title: "Vocasync: connecting" },
  loading: { text: "…", color: "#5a6963", title: "Vocasync: getting ready" },
  dubbing: { text: "ON", color: "#0a6b62", title: "Vocasync: dubbing a tab" },
  lost: { text: "…", color: "#8a4b00", title: "Vocasync: connecting again" },
  problem: { text: "!", color: "#b42318", title: "Vocasync: dubbing stopped; press to see why" },
  none: { text: "", color: "#0a6b62", title: "" },
};

const offscreen = (message) => chrome.runtime.sendMessage({ to: "offscreen", ...message });

async function badge(kind) {
  const { text, color, title } = BADGES[kind];
  await Promise.all([
    chrome.action.setBadgeText({ text }),
    chrome.action.setBadgeBackgroundColor({ color }),
    chrome.action.setBadgeTextColor({ color: "#ffffff" }),
    chrome.action.setTitle({ title: title || chrome.runtime.getManifest().action.default_title }),
  ]);
}

// --- what is dubbed -------------------------------------------------------------------------------------------------
/** { tab } that is dubbed, or null. */
const dubbed = async () => (await chrome.storage.session.get("dub")).dub ?? null;

const hasOffscreen = async () => (await chrome.runtime.getContexts({ contextTypes: ["OFFSCREEN_DOCUMENT"] })).length > 0;

async function openOffscreen() {
  await chrome.offscreen.createDocument({
    url: "offscreen.html",
    reasons: ["USER_MEDIA"],
    justification: "Hears the tab that is dubbed, and plays its sound and the dub.",
  });
}

/** Nothing is captured any more, and the tab sounds by itself. Closing the document ends every capture in it. */
async function tidy(why = null) {
  const { tab = null } = (await dubbed()) ?? {};
  await chrome.storage.session.remove("dub");
  await chrome.storage.session.set({ problem: why && { ...why, tab } });
  if (await hasOffscreen()) await chrome.offscreen.closeDocument();
  await badge(why ? "problem" : "none");
}

/** The person read what the problem was, or it is none any more. */
async function forget() {
  await chrome.storage.session.set({ problem: null });
  if (!(await dubbed())) await badge("none");
}

async function begin({ tab }) {
  if (await dubbed()) await end();
  try {
    await chrome.storage.session.set({ problem: null });
    await capture(tab);
  } catch (error) {
    await tidy(error.problem ?? problem("internal", error.message));
  }
  return state();
}

async function capture(tab) {
  const { site, key } = await account();
  if (!key) throw new Trouble("signed_out");
  // The press of the icon opens the tab to this extension, but not where the page is closed to all of them.
  const { url, mutedInfo } = await chrome.tabs.get(tab);
  if (!url) throw new Trouble("not_here");
  if (!(await hasOffscreen())) await openOffscreen();
  await chrome.storage.session.set({ dub: { tab } });
  await badge("connecting");
  const id = await chrome.tabCapture.getMediaStreamId({ targetTabId: tab }).catch((error) => {
    throw new Trouble(/active stream/.test(error.message) ? "taken" : "not_here");
  });
  const told = await offscreen({ do: "begin", capture: id, tab, site, key, manner: await manner() });
  if (told.problem) throw Object.assign(new Error(told.problem.text), { problem: told.problem });
  if (mutedInfo?.muted) await offscreen({ do: "muted", muted: true });
}

async function end() {
  if (await hasOffscreen()) await offscreen({ do: "end" });
  await tidy();
  return state();
}

/** It ended by itself. (Where the tab was closed, that came first or comes next.) */
async function over({ tab, why }) {
  if ((await dubbed())?.tab === tab) await tidy(why);
}

async function state() {
  const { dub = null, problem: why = null } = await chrome.storage.session.get(["dub", "problem"]);
  const { site, key } = await account();
  return { tab: dub?.tab ?? null, problem: why, signedIn: key !== "", site };
}

// --- who asks -------------------------------------------------------------------------------------------------------
const DO = {
  begin,
  end,
  state,
  phase: ({ phase }) => badge(phase),
  over,
  audible: async ({ tab }) => (await chrome.tabs.get(tab)).audible === true,
  seen: forget,
};

const WAITING = new Set(["begin", "end", "over"]);

let turn = Promise.resolve();

/** One after the other: two presses never begin twice. */
function inTurn(work) {
  turn = turn.then(work, work);
  return turn;
}

chrome.runtime.onMessage.addListener((message, sender, reply) => {
  if (message.to !== "worker" || sender.id !== chrome.runtime.id) return false;
  const work = () => DO[message.do](message);
  const done = WAITING.has(message.do) ? inTurn(work) : work();
  done.then(reply, async (error) => reply({ ...(await state()), problem: problem("internal", error.message) }));
  return true;
});

// --- the tab --------------------------------------------------------------------------------------------------------
async function gone(tab) {
  const { dub, problem: why } = await chrome.storage.session.get(["dub", "problem"]);
  if (dub?.tab === tab) await end();
  if (why?.tab === tab) await forget(); // (its sound ended before it was gone)
}

async function updated(tab, change) {
  if ((await dubbed())?.tab !== tab) return;
  if (change.mutedInfo) await offscreen({ do: "muted", muted: change.mutedInfo.muted });
  if (change.status) await follow(tab);
}

chrome.tabs.onRemoved.addListener((tab) => inTurn(() => gone(tab)));
chrome.tabs.onUpdated.addListener((tab, change) => inTurn(() => updated(tab, change)));

/**
 * The tab loads another page. On the same site it goes on. The address of another site is not told to this extension,
 * as the person pressed its icon on the first one: its sound is not for us either.
 */
async function follow(tab) {
  const { url } = await chrome.tabs.get(tab);
  if (url) return;
  await offscreen({ do: "end" });
  await tidy(problem("left_site"));
}

// --- the site -------------------------------------------------------------------------------------------------------
/** Whether it is the site's page for this extension that speaks: itself, not in a frame of another page. */
function isSite({ origin, frameId, url, tab }) {
  return origin === SITE && frameId === 0 && tab !== undefined && new URL(url).pathname === PAGE;
}

const FROM_SITE = {
  async hello() {
    const { site, key } = await account();
    return { version: chrome.runtime.getManifest().version, signedIn: key !== "" && site === SITE };
  },
  async key({ key }) {
    if (!isKey(key)) return { kept: false };
    await signIn(key, { site: SITE, pasted: false });
    return { kept: true };
  },
};

chrome.runtime.onMessageExternal.addListener((message, sender, reply) => {
  const answer = isSite(sender) && Object.hasOwn(FROM_SITE, message?.do) ? FROM_SITE[message.do] : null;
  if (!answer) return false;
  answer(message).then(reply);
  return true;
});

chrome.runtime.onInstalled.addListener(() => {
  chrome.storage.local.setAccessLevel({ accessLevel: "TRUSTED_CONTEXTS" });
});
