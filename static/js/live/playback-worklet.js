// Runs in the audio thread: plays the dub without gaps, from a buffer that grows when the network stumbles.
import { Resampler } from "./resample.js";

const TARGET = 0.12; // seconds that are there before it begins
const LONGEST = 0.8; // seconds that it grows to
const GROWTH = 1.5;
const CALM = 20; // seconds without a stumble, after which it shrinks a little
const STEP = 512; // samples that are brought to the context's rate at a time
const REPORT = 0.1; // seconds

class Playback extends AudioWorkletProcessor {
  constructor() {
    super();
    this.target = TARGET;
    this.rate = 0; // Hz of what is played
    this.resampler = null;
    this.underruns = 0;
    this.played = 0; // samples
    this.hush();
    this.port.onmessage = ({ data }) => (data.hush ? this.hush() : this.queue(data.piece));
  }

  hush() {
    this.pieces = []; // { clause, rate, pause, last, samples, at }
    this.ready = new Float32Array(0); // at the context's rate
    this.clause = -1;
    this.pause = 0; // samples of silence that are still kept
    this.quiet = 0; // samples since the dub was last heard
    this.waiting = 0; // samples since something is there to be played
    this.playing = false;
    this.since = 0; // samples since the last report
    this.calm = 0; // samples since the last stumble
  }

  queue(piece) {
    this.pieces.push({ ...piece, at: 0 });
  }

  /** Seconds that are there, and whether a clause ends in them. */
  get buffered() {
    const waiting = this.pieces.reduce((sum, piece) => sum + (piece.samples.length - piece.at) / piece.rate, 0);
    return waiting + this.ready.length / sampleRate;
  }

  /** Whether there is enough to begin: the target, or a clause's end, or it has waited for as long as that. */
  get enough() {
    if (!this.pieces.length && !this.ready.length) return false;
    return this.buffered >= this.target || this.pieces.some((piece) => piece.last) || this.waiting >= this.target * sampleRate;
  }

  process(_, [[out]]) {
    this.tick(out.length);
    if (!this.playing && this.enough) this.begin();
    if (this.playing) this.fill(out);
    else this.quiet += out.length;
    if (this.since >= REPORT * sampleRate) this.report();
    return true;
  }

  tick(count) {
    this.since += count;
    this.calm += count;
    this.waiting = this.pieces.length || this.ready.length ? this.waiting + count : 0;
    if (this.calm < CALM * sampleRate) return;
    this.calm = 0;
    this.target = Math.max(TARGET, this.target / GROWTH);
  }

  begin() {
    this.playing = true;
    this.waiting = 0;
  }

  fill(out) {
    let at = 0;
    while (at < out.length) {
      const taken = this.silence(out.length - at) || this.sound(out, at);
      if (!taken) break;
      at += taken;
    }
    if (at < out.length) this.stop(out.length - at);
  }

  /** Samples of a pause that was asked for. */
  silence(room) {
    const count = Math.min(room, this.pause);
    this.pause -= count;
    this.quiet += count;
    return count;
  }

  /** Samples of sound; 0 where nothing is there. */
  sound(out, at) {
    while (!this.ready.length && this.pieces.length && !this.pause) this.more();
    if (this.pause) return this.silence(out.length - at);
    const count = Math.min(out.length - at, this.ready.length);
    out.set(this.ready.subarray(0, count), at);
    this.ready = this.ready.subarray(count);
    this.played += count;
    if (count) this.quiet = 0;
    return count;
  }

  /** Bring a little of the first piece to the context's rate. */
  more() {
    const [piece] = this.pieces;
    if (piece.clause !== this.clause) return this.enter(piece);
    const part = piece.samples.subarray(piece.at, piece.at + STEP);
    piece.at += part.length;
    this.ready = this.resampler.push(part);
    if (piece.at < piece.samples.length) return undefined;
    this.pieces.shift();
    if (piece.last) this.leave();
    return undefined;
  }

  /** A clause begins: after its pause, of which the silence that already was is a part. */
  enter(piece) {
    this.clause = piece.clause;
    this.ended = false;
    if (this.rate === piece.rate) this.resampler.reset();
    else [this.resampler, this.rate] = [new Resampler(piece.rate, sampleRate), piece.rate];
    this.pause = Math.max(0, Math.round(piece.pause * sampleRate) - this.quiet);
    this.port.postMessage({ began: piece.clause });
  }

  leave() {
    const [ready, rest] = [this.ready, this.resampler.flush()];
    this.ready = new Float32Array(ready.length + rest.length);
    this.ready.set(ready);
    this.ready.set(rest, ready.length);
    this.ended = true;
  }

  /** Nothing is there: between clauses that is as it should be, within one it is a stumble. */
  stop(missing) {
    this.playing = false;
    this.quiet += missing;
    if (this.ended) return;
    this.underruns += 1;
    this.calm = 0;
    this.target = Math.min(LONGEST, this.target * GROWTH);
  }

  report() {
    this.since = 0;
    const heard = this.playing && !this.pause ? this.clause : -1;
    this.port.postMessage({ buffered: this.buffered, target: this.target, underruns: this.underruns, played: this.played / sampleRate, clause: heard });
  }
}

registerProcessor("live-playback", Playback);
