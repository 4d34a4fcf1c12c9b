// How to dub, as the person chose it. Kept in this browser; never what was heard or said.
import { LANGUAGES } from "./site.js";

const SPOKEN = new Set(LANGUAGES.map((row) => row.code));

function ownLanguage() {
  const [code] = chrome.i18n.getUILanguage().split("-");
  return SPOKEN.has(code) ? code : "en";
}

/** { source, target, preserve, dub, original }: languages; whether to keep the speaker's voice; volumes, 0 to 1. */
export async function manner() {
  const defaults = { source: "auto", target: ownLanguage(), preserve: true, dub: 1, original: 0.2 };
  const { manner: chosen = {} } = await chrome.storage.local.get("manner");
  return { ...defaults, ...chosen };
}

/** Keep a choice. */
export async function choose(change) {
  await chrome.storage.local.set({ manner: { ...(await manner()), ...change } });
}

/** A choice as the wire has it; nothing of what is only about this browser. */
export function asSettings({ source, target, preserve }) {
  const settings = { source_language: source, target_language: target, preserve_voice: preserve };
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}
