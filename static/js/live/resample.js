// Another sampling rate, for sound that comes a little at a time: a low-pass (Kaiser-windowed sinc) at exact phases.

const CROSSINGS = 16; // of the sinc's zeros on each side
const BETA = 8.6; // of the window: about 85 dB below the pass band
const PASS = 0.92; // of the lower Nyquist frequency

function bessel(x) {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > sum * 1e-9; k += 1) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

const divisor = (a, b) => (b ? divisor(b, a % b) : a);

/** The filter's taps for each of `up` phases between two samples. cutoff: of the input's Nyquist frequency. */
function phases(up, half, cutoff) {
  const whole = bessel(BETA);
  return Array.from({ length: up }, (_, phase) => {
    const taps = Float32Array.from({ length: 2 * half }, (__, place) => {
      const x = place - half + 1 - phase / up;
      const window = bessel(BETA * Math.sqrt(Math.max(0, 1 - (x / half) ** 2))) / whole;
      const angle = Math.PI * cutoff * x;
      return (angle ? Math.sin(angle) / angle : 1) * window;
    });
    const gain = taps.reduce((sum, tap) => sum + tap, 0);
    return taps.map((tap) => tap / gain);
  });
}

export class Resampler {
  /** from, to: Hz. */
  constructor(from, to) {
    const common = divisor(from, to);
    this.up = to / common;
    this.down = from / common;
    this.plain = from === to;
    const cutoff = PASS * Math.min(1, to / from);
    this.half = Math.ceil(CROSSINGS / cutoff);
    this.taps = this.plain ? [] : phases(this.up, this.half, cutoff);
    this.reset();
  }

  /** Forget what came before. */
  reset() {
    this.held = new Float32Array(this.half - 1); // silence before the first sample
    this.at = 0; // of the next output, in steps of 1 / up of an input sample
  }

  /** Samples in, Float32Array; what can be given of them out, at the other rate. */
  push(samples) {
    if (this.plain) return samples;
    const input = new Float32Array(this.held.length + samples.length);
    input.set(this.held);
    input.set(samples, this.held.length);
    const usable = (input.length - 2 * this.half + 1) * this.up; // outputs before this have all of their taps
    const count = Math.max(0, Math.ceil((usable - this.at) / this.down));
    const out = new Float32Array(count);
    for (let place = 0; place < count; place += 1, this.at += this.down) out[place] = this.sum(input);
    const done = Math.min(Math.floor(this.at / this.up), input.length);
    this.held = input.slice(done);
    this.at -= done * this.up;
    return out;
  }

  sum(input) {
    const first = Math.floor(this.at / this.up);
    const taps = this.taps[this.at % this.up];
    let sum = 0;
    for (let tap = 0; tap < taps.length; tap += 1) sum += taps[tap] * input[first + tap];
    return sum;
  }

  /** What is still held back, when nothing more comes. */
  flush() {
    const rest = this.plain ? new Float32Array(0) : this.push(new Float32Array(this.half));
    this.reset();
    return rest;
  }
}
