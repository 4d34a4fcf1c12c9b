// The page of the browser extension: whether it is in this browser, and the key that it gets when a person presses.
import { $, toast } from "./lib/dom.js";
import { request } from "./lib/net.js";

const page = $("#extension").dataset;
const button = $("#do-connect");
const LOST = "The extension did not take the key, so the key was revoked again. Reload this page, then press once more.";

/** Ask the extension, which only this site may; null where it is not here. */
function ask(message) {
  return new Promise((resolve) => {
    const runtime = globalThis.chrome?.runtime;
    if (!runtime?.sendMessage) return resolve(null);
    return runtime.sendMessage(page.id, message, (answer) => resolve(runtime.lastError ? null : (answer ?? null)));
  });
}

async function look() {
  const found = await ask({ do: "hello" });
  $("#absent").hidden = found !== null;
  $("#present").hidden = found === null;
  const said = found ? (found.signedIn ? "Connected" : `Version ${found.version} is here`) : "Not installed";
  $("#here").textContent = said;
  $("#here").className = found?.signedIn ? "badge badge-ok" : "badge";
  if (button) button.querySelector("span").textContent = found?.signedIn ? "Connect it anew" : "Connect this browser";
  return found;
}

function refuse(text) {
  $("#problem div").textContent = text;
  $("#problem").hidden = !text;
}

/** A key is made only when there is somebody to take it, and closed again when nobody did. It is never in an address. */
async function connect() {
  if (!(await look())) return;
  const made = await request(page.connect, { method: "POST" });
  if (!made?.key) throw new Error("You are not signed in any more. Reload this page and sign in.");
  const answer = await ask({ do: "key", key: made.key });
  if (!answer?.kept) {
    await request(page.revoke, { method: "POST", form: new URLSearchParams({ key: made.key }) });
    throw new Error(LOST);
  }
  await look();
  toast("This browser is connected. Press the icon on a tab with sound.");
}

button?.addEventListener("click", async (event) => {
  if (!event.isTrusted) return;
  refuse("");
  button.setAttribute("aria-busy", "true");
  await connect().catch((error) => refuse(error.message));
  button.removeAttribute("aria-busy");
});

// Extensions are announced to a page when it is loaded.
$("#again").addEventListener("click", () => location.reload());

await look();
