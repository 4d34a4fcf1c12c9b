// A live session from the side of who listens: the socket, what is kept while it is away, and what was received.
//
//   const session = connect("https://vocasync.example", { session: newId(), on: { message, sound, state } });
//   session.start({ target_language: "es" });
//   session.feed(pcm);   // Int16Array of 16 kHz mono, again and again
//   session.stop();
//
// No document, no page: extensions use it as it is.
import { CLOSED, chunkFrame, newId, passing, PROTOCOL, socketAddress, socketProtocols, soundPiece } from "./wire.js";

const KEPT = 2; // seconds of sound that wait for a connection
const BACKLOG = 65536; // bytes that may wait in the socket (2 s of sound)
const LAST_WORDS = 8000; // milliseconds for the server to hang up after an error that ends it
const ACK = 1000; // milliseconds
const PING = 2000; // milliseconds
const DEAD = 12000; // milliseconds without a word
const FIRST = 400; // milliseconds until it connects again
const SLOWEST = 15000; // milliseconds
const GIVE_UP = 5; // connections that were refused, where none was ever made
const UNREACHED = "The server cannot be reached. Check the network, then start again.";
const DONE = 1000; // of a socket whose session is over

class Session {
  constructor(address, { session, key = "", origin = "page", rate = 16000, on }) {
    Object.assign(this, { address, session, key, origin, rate, on });
    this.socket = null;
    this.state = "";
    this.ready = null; // the server's greeting, while connected
    this.options = null; // of start_dubbing
    this.next = 0; // number of the next chunk
    this.kept = []; // [{ seq, pcm, sent }] of the last seconds
    this.after = 0; // number of the last durable message that came
    this.acked = 0;
    this.trip = null; // seconds there and back
    this.dropped = 0; // seconds of sound that no connection came for in time
    this.tries = 0;
    this.refusals = 0;
    this.known = false; // whether the server had this session before
    this.ended = false;
    this.wake = () => this.again();
    globalThis.addEventListener?.("online", this.wake);
    this.open();
  }

  // --- what a caller does -------------------------------------------------------------------------------------------
  /** Begin to dub. options: fields of `start_dubbing`. Also said again to a server that has forgotten the session. */
  start(options) {
    this.options = options;
    if (this.ready) this.tell({ type: "start_dubbing", ...options });
  }

  /** A chunk of sound. pcm: Int16Array, not used by the caller any more. */
  feed(pcm) {
    if (this.ended || !this.options) return;
    this.kept.push({ seq: this.next, pcm, sent: false });
    this.next += 1;
    this.flush();
    this.trim();
  }

  /** Change the manner while it runs. settings: fields of `settings`. */
  change(settings) {
    if (this.options) Object.assign(this.options, settings);
    if (this.ready) this.tell({ type: "settings", ...settings });
  }

  /** Give a speaker a voice from recordings. samples: base64 texts, or { upload } objects. False without a connection. */
  giveVoice(speaker, samples) {
    return this.tell({ type: "create_voice_clone", speaker_id: speaker, audio_samples: samples, declared: true });
  }

  /** Have everything that was heard finished; `stopped` comes when it is. False without a connection. */
  stop() {
    return this.tell({ type: "stop" });
  }

  /** Leave. The server waits for a while, then forgets the session. */
  close() {
    this.end("closed", this.reason(DONE, ""));
  }

  // --- the socket ---------------------------------------------------------------------------------------------------
  open() {
    clearTimeout(this.timer);
    this.say("connecting");
    const { session, after, origin } = this;
    const socket = new WebSocket(socketAddress(this.address, { connection: newId(), session, after, origin }), socketProtocols(this.key));
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.opened(socket);
    socket.onmessage = (event) => this.socket === socket && this.heard(event.data);
    socket.onclose = (event) => this.socket === socket && this.lost(event.code, event.reason);
    this.socket = socket;
  }

  opened(socket) {
    if (socket.protocol !== PROTOCOL) return this.end("refused", { code: 4406, text: CLOSED[4406] });
    this.last = performance.now();
    this.acks = setInterval(() => this.ack(), ACK);
    this.pings = setInterval(() => this.ping(), PING);
    return undefined;
  }

  tell(message) {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(message));
    return true;
  }

  ack() {
    if (this.after > this.acked && this.tell({ type: "ack", seq: this.after })) this.acked = this.after;
    this.flush();
  }

  ping() {
    if (performance.now() - this.last > DEAD) this.drop();
    else this.tell({ type: "ping", at: performance.now() });
  }

  /** The other side is silent though it is asked: this connection is none. */
  drop() {
    const { socket } = this;
    socket.onclose = null;
    socket.close();
    this.lost(1006, "");
  }

  lost(code, reason) {
    this.quiet();
    const why = this.reason(code, CLOSED[code] || reason || UNREACHED);
    this.refusals = this.ready ? 0 : this.refusals + 1;
    this.ready = null;
    if (code === DONE) return this.end(why.error ? "refused" : "closed", why);
    if (!passing(code) || this.hopeless) return this.end("refused", why);
    this.tries += 1;
    const wait = Math.min(SLOWEST, FIRST * 2 ** (this.tries - 1)) * (0.75 + Math.random() / 2);
    this.timer = setTimeout(() => this.open(), wait);
    return this.say("lost", { ...why, wait: wait / 1000 });
  }

  /** Why it ended: what the server said last says more than a number. */
  reason(code, text) {
    clearTimeout(this.doom);
    const { error = null } = this;
    this.error = null;
    return { code, text: error?.message ?? text, error };
  }

  /** Whether nobody ever answered, however often it was asked. */
  get hopeless() {
    return !this.known && this.refusals >= GIVE_UP;
  }

  /** The network is back: do not wait. */
  again() {
    if (this.ended || this.socket) return;
    this.tries = 0;
    this.open();
  }

  quiet() {
    clearInterval(this.acks);
    clearInterval(this.pings);
    this.socket = null;
  }

  end(state, why) {
    if (this.ended) return;
    this.ended = true;
    clearTimeout(this.timer);
    globalThis.removeEventListener?.("online", this.wake);
    const { socket } = this;
    this.ack();
    this.quiet();
    this.ready = null;
    this.kept = [];
    if (socket) {
      socket.onclose = null;
      socket.close(DONE);
    }
    this.say(state, why);
  }

  say(state, more = {}) {
    this.state = state;
    this.on.state?.(state, more);
  }

  // --- what comes ---------------------------------------------------------------------------------------------------
  heard(frame) {
    this.last = performance.now();
    const piece = typeof frame === "string" ? null : soundPiece(frame);
    const message = typeof frame === "string" ? JSON.parse(frame) : piece;
    if (!message || this.old(message)) return;
    if (piece) this.on.sound?.(piece);
    else this.take(message);
  }

  /** Whether a durable message was here before. Those that were not are counted. */
  old(message) {
    if (!message.seq || message.type === "ready" || message.type === "pong") return false;
    if (message.seq <= this.after) return true;
    this.after = message.seq;
    return false;
  }

  take(message) {
    if (message.type === "ready") this.greeted(message);
    if (message.type === "pong") this.trip = (performance.now() - message.at) / 1000;
    if (message.type === "error" && message.fatal) return this.doomed(message);
    this.on.message?.(message);
    if (message.type === "stopped") this.end(this.error ? "refused" : "closed", this.reason(DONE, ""));
    return undefined;
  }

  /** It is over, or has to be connected anew: which of them the code says with which the server hangs up next. */
  doomed(message) {
    this.error = message;
    clearTimeout(this.doom);
    this.doom = setTimeout(() => this.end("refused", this.reason(DONE, "")), LAST_WORDS);
  }

  greeted(message) {
    const resumed = message.resumed && this.known;
    const anew = this.known && !resumed;
    if (!resumed) this.renumber(message.heard);
    this.known = true;
    this.tries = 0;
    this.ready = message;
    if (this.options && message.state === "waiting") this.tell({ type: "start_dubbing", ...this.options });
    this.resend(message.heard);
    this.say("open", { resumed, anew });
  }

  /** The server begins with nothing: so do the numbers. */
  renumber(heard) {
    this.after = this.acked = 0;
    this.next = heard;
    for (const chunk of this.kept) {
      chunk.seq = this.next;
      this.next += 1;
    }
  }

  // --- sound that waits ---------------------------------------------------------------------------------------------
  resend(heard) {
    this.kept = this.kept.filter((chunk) => chunk.seq >= heard);
    for (const chunk of this.kept) chunk.sent = false;
    this.flush();
  }

  flush() {
    if (!this.ready || this.socket.readyState !== WebSocket.OPEN) return;
    for (const chunk of this.kept) {
      if (chunk.sent) continue;
      if (this.socket.bufferedAmount > BACKLOG) return;
      this.socket.send(chunkFrame(chunk.seq, chunk.pcm));
      chunk.sent = true;
    }
  }

  /** Only the last seconds are kept: what is older comes too late. */
  trim() {
    let samples = this.kept.reduce((sum, chunk) => sum + chunk.pcm.length, 0);
    while (samples > KEPT * this.rate) {
      const chunk = this.kept.shift();
      samples -= chunk.pcm.length;
      if (!chunk.sent) this.dropped += chunk.pcm.length / this.rate;
    }
  }
}

/**
 * Connect to a session, and again whenever the connection is lost.
 *
 * address: of the site. session: an id, see `newId`; the same one goes on where it was. key: an API key with the scope `live`; "" where the
 * site's own session signs in. origin: page or extension. rate: Hz of the sound that is fed, for what is kept.
 * on.message(message): every message of the wire, durable ones once; errors that end it are told by on.state. on.sound(piece): of the dub, see `soundPiece`.
 * on.state(state, more): `connecting`; `open` { resumed, anew: the server has forgotten what was before }; `lost`
 * { code, text, error, wait: seconds }; `refused` { code, text, error }, which is the end; `closed`, by `close()` or when it
 * stopped. text: for the person. error: the server's last message where it was an error, else null.
 */
export const connect = (address, given) => new Session(address, given);
