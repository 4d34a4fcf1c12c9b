// Whose browser this is: the site, and the key that dubs live there. It lies in this browser's storage and nowhere else.
import { REVOKE, SITE } from "./site.js";

const KEY = /^voca_[0-9a-f]{12}_[\w-]{43}$/;

/** Whether a text looks like a key of a site. */
export const isKey = (text) => typeof text === "string" && KEY.test(text);

/** { site, key, pasted }: the address in use; "" where nobody is signed in; whether the person brought the key. */
export async function account() {
  const { site = SITE, key = "", pasted = false } = await chrome.storage.local.get(["site", "key", "pasted"]);
  return { site, key, pasted };
}

/** Sign in. pasted: the person made the key themselves, and may use it elsewhere. A key that was here before is left. */
export async function signIn(key, { site, pasted }) {
  await signOut();
  await chrome.storage.local.set({ site, key, pasted });
}

/**
 * Forget the key, and have the site close it where it was made for this browser alone. A pasted one is only forgotten.
 *
 * Returns what became of it: "none", "forgotten", "revoked", or "unreachable": forgotten here, and still open there.
 */
export async function signOut() {
  const { site, key, pasted } = await account();
  await chrome.storage.local.remove(["key", "pasted"]);
  if (!key) return "none";
  if (pasted) return "forgotten";
  const body = new URLSearchParams({ key });
  try {
    const answer = await fetch(new URL(REVOKE, site), { method: "POST", body, credentials: "omit" });
    return answer.ok ? "revoked" : "unreachable";
  } catch {
    return "unreachable";
  }
}

/** The site that was typed, or null: by https alone, so that nobody on the way hears a tab or has the key. */
export function siteOf(text) {
  const found = parsed(text);
  if (!found || found.username) return null;
  return found.protocol === "https:" || found.origin === SITE ? found.origin : null;
}

function parsed(text) {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}

/** Use another site; the key of the one before is left. */
export async function useSite(site) {
  await signOut();
  await chrome.storage.local.set({ site });
}
