// Talking to the server: JSON requests with the session, and sockets that come back.

const cookie = (name) =>
  document.cookie
    .split("; ")
    .find((row) => row.startsWith(`${name}=`))
    ?.slice(name.length + 1);

/** The CSRF token: of a form on the page, else of the cookie. */
export const csrf = () =>
  document.querySelector('[name="csrfmiddlewaretoken"]')?.value ?? decodeURIComponent(cookie("csrftoken") ?? "");

export class Refused extends Error {
  constructor(status, body) {
    super(body?.message || (status ? `The server answered ${status}.` : "The server cannot be reached."));
    this.status = status;
    this.body = body ?? {};
  }
}

/** Fetch JSON; a refusal is thrown with the server's own words. */
export async function request(url, { method = "GET", form = null, signal = undefined } = {}) {
  const headers = { Accept: "application/json" };
  if (method !== "GET") headers["X-CSRFToken"] = csrf();
  let answer;
  try {
    answer = await fetch(url, { method, headers, body: form, signal, credentials: "same-origin" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused(0);
  }
  const body = answer.headers.get("content-type")?.includes("json") ? await answer.json() : null;
  if (!answer.ok) throw new Refused(answer.status, body);
  return body;
}

/**
 * A socket that reconnects, slower each time, and at once when the network or the page comes back.
 * `path()` is asked before each connection, so that a replay can start where the last one ended.
 */
export function follow(path, { message, state = () => {} }) {
  let socket = null;
  let tries = 0;
  let timer = 0;
  let ended = false;

  function connect() {
    clearTimeout(timer);
    if (ended || socket) return;
    const url = new URL(path(), location.href);
    url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    socket = new WebSocket(url);
    socket.addEventListener("open", () => {
      tries = 0;
      state(true);
    });
    socket.addEventListener("message", (event) => message(JSON.parse(event.data)));
    socket.addEventListener("close", (event) => {
      socket = null;
      if (ended) return;
      state(false);
      if (event.code >= 4400 && event.code < 4500) return;
      tries += 1;
      timer = setTimeout(connect, Math.min(15000, 400 * 2 ** tries) * (0.75 + Math.random() / 2));
    });
  }

  const wake = () => {
    if (document.visibilityState === "visible") {
      tries = 0;
      connect();
    }
  };
  addEventListener("online", wake);
  document.addEventListener("visibilitychange", wake);
  connect();
  return () => {
    ended = true;
    clearTimeout(timer);
    removeEventListener("online", wake);
    document.removeEventListener("visibilitychange", wake);
    socket?.close();
  };
}
