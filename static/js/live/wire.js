// The wire of live dubbing, version 1: what goes over the socket. No document, no page: extensions use it as it is.

export const PROTOCOL = "vocasync.live.v1";
const KEY_PROTOCOL = "vocasync.key.";
const VERSION = 1;
const CHUNK = 1;
const SOUND = 2;
const CHUNK_HEAD = 8; // bytes
const SOUND_HEAD = 20; // bytes
const LAST_PIECE = 1; // flag
const FULL = 32768; // of 16 bits

/** Why the server closed the socket, and what to do. Those that are not here are lost connections. */
export const CLOSED = {
  4400: "The server did not understand this page. Reload it, then start again.",
  4401: "You are not signed in any more. Sign in, then start again.",
  4403: "You may not dub live: the key lacks the scope “live”, or your account is suspended or at its limit.",
  4406: "The server speaks another version of live dubbing. Reload the page, or update the extension.",
  4408: "Nothing was sent for a long time, so the session was closed. Start again.",
  4409: "This session goes on in another window.",
  4413: "A message was too large. Reload the page, then start again.",
  4429: "Too much at once: you have as many live sessions as you may, or messages came too fast. Stop another session, then start again.",
  4503: "All live workers are busy. Try again in a minute.",
};

/** Codes after which connecting again by itself can help. */
const PASSING = new Set([4408, 4503]);

/** Whether a socket that was closed with this code is worth connecting again. */
export const passing = (code) => !(code in CLOSED) || PASSING.has(code);

/** An id of a session or a connection, that nobody guesses. */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(15));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_");
}

/**
 * Address of a socket. site: any address of the site. after: number of the last durable message that came, 0 for none.
 * origin: page, extension or program.
 */
export function socketAddress(site, { connection, session, after = 0, origin = "page" }) {
  const url = new URL(`/ws/${connection}/${session}/`, site);
  url.protocol = url.protocol === "https:" || url.protocol === "wss:" ? "wss:" : "ws:";
  if (after) url.searchParams.set("after", String(after));
  url.searchParams.set("origin", origin);
  return url.href;
}

/** Subprotocols to offer. key: an API key with the scope `live`; "" where the site's session signs in. */
export const socketProtocols = (key = "") => (key ? [PROTOCOL, `${KEY_PROTOCOL}${key}`] : [PROTOCOL]);

/** A chunk of sound as it is sent. pcm: Int16Array, interleaved. Returns an ArrayBuffer. */
export function chunkFrame(seq, pcm) {
  const frame = new ArrayBuffer(CHUNK_HEAD + 2 * pcm.length);
  const head = new DataView(frame);
  head.setUint8(0, VERSION);
  head.setUint8(1, CHUNK);
  head.setUint16(2, 0, true);
  head.setUint32(4, seq, true);
  pcm.forEach((sample, place) => head.setInt16(CHUNK_HEAD + 2 * place, sample, true));
  return frame;
}

/**
 * A piece of the dub as it comes: { seq, clause, rate, pause, last, samples }, or null for a frame of another kind.
 * rate: Hz. pause: seconds to keep before the clause's first piece. samples: Float32Array in [-1, 1], mono.
 */
export function soundPiece(frame) {
  const head = new DataView(frame);
  if (frame.byteLength < SOUND_HEAD || head.getUint8(0) !== VERSION || head.getUint8(1) !== SOUND) return null;
  const samples = new Float32Array((frame.byteLength - SOUND_HEAD) >> 1);
  for (let place = 0; place < samples.length; place += 1) samples[place] = head.getInt16(SOUND_HEAD + 2 * place, true) / FULL;
  return {
    seq: head.getUint32(4, true),
    clause: head.getUint32(8, true),
    rate: head.getUint32(12, true),
    pause: head.getUint32(16, true) / 1000,
    last: (head.getUint16(2, true) & LAST_PIECE) !== 0,
    samples,
  };
}

/** A file's bytes as base64, as `create_voice_clone` takes recordings. */
export function base64(buffer) {
  const bytes = new Uint8Array(buffer);
  let text = "";
  for (let at = 0; at < bytes.length; at += FULL) text += String.fromCharCode(...bytes.subarray(at, at + FULL));
  return btoa(text);
}
