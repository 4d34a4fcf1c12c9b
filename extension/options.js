// The options: whose browser this is, and at which site.
import { account, isKey, signIn, signOut, siteOf, useSite } from "./account.js";
import { PAGE, SITE } from "./site.js";

const $ = (id) => document.getElementById(id);
const OUTCOMES = {
  none: "",
  forgotten: "Signed out. The key was yours before, so it still works elsewhere: revoke it on your account page if nothing else needs it.",
  revoked: "Signed out. The key was revoked: it opens nothing any more.",
  unreachable: "Signed out here. The site could not be reached, so the key still works: revoke “Browser extension” on your account page.",
};

function refuse(id, text) {
  $(id).textContent = text;
  $(id).hidden = !text;
}

function say(text) {
  $("done").textContent = text;
  $("done").hidden = !text;
}

async function show() {
  const { site, key, pasted } = await account();
  $("site").value = site;
  $("who").textContent = key ? `This browser dubs at ${new URL(site).host} with the key ${key.slice(0, 17)}….` : "Nobody is signed in.";
  $("sign-in").hidden = Boolean(key);
  $("connect").parentElement.hidden = $("connect").parentElement.nextElementSibling.hidden = site !== SITE;
  $("sign-out").hidden = !key;
  $("sign-out-help").textContent = pasted ? "You pasted the key: it is forgotten here, and stays yours." : "The key was made for this browser alone: it is revoked.";
}

$("connect").addEventListener("click", () => chrome.tabs.create({ url: new URL(`${PAGE}#connect`, SITE).href }));

$("paste").addEventListener("submit", async (event) => {
  event.preventDefault();
  const key = $("key").value.trim();
  if (!isKey(key)) return refuse("key-error", "This is no API key. It begins with “voca_”; copy all of it.");
  refuse("key-error", "");
  $("key").value = "";
  await signIn(key, { site: (await account()).site, pasted: true });
  return say("The key is kept. Press the icon on a tab with sound.");
});

$("sign-out").querySelector("button").addEventListener("click", async () => {
  await chrome.runtime.sendMessage({ to: "worker", do: "end" });
  say(OUTCOMES[await signOut()]);
});

$("site-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const site = siteOf($("site").value.trim());
  if (!site) return refuse("site-error", "Give an address that begins with https://.");
  refuse("site-error", "");
  if (site === (await account()).site) return undefined;
  await chrome.runtime.sendMessage({ to: "worker", do: "end" });
  await useSite(site);
  return say("The address is kept. Sign in there.");
});

chrome.storage.local.onChanged.addListener(show);
await show();
