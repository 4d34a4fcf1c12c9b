// Runs in the audio thread: what is listened to, as chunks of 16-bit mono at the rate that is recognised.
import { Resampler } from "./resample.js";

class Capture extends AudioWorkletProcessor {
  constructor({ processorOptions: { rate, size } }) {
    super();
    this.resampler = new Resampler(sampleRate, rate);
    this.size = size;
    this.on = false;
    this.begin();
    this.port.onmessage = ({ data }) => {
      this.on = data.on;
      this.begin();
    };
  }

  begin() {
    this.resampler.reset();
    this.pcm = new Int16Array(this.size);
    this.filled = 0;
    this.level = 0;
  }

  /** One channel of all; silence where nothing is plugged in. */
  mono(channels) {
    const sum = new Float32Array(channels[0]?.length ?? 128);
    for (const channel of channels) for (let place = 0; place < sum.length; place += 1) sum[place] += channel[place] / channels.length;
    return sum;
  }

  process([channels]) {
    if (!this.on) return true;
    for (const sample of this.resampler.push(this.mono(channels))) {
      const value = Math.max(-1, Math.min(1, sample));
      this.level = Math.max(this.level, Math.abs(value));
      this.pcm[this.filled] = Math.round(value * 32767);
      this.filled += 1;
      if (this.filled === this.size) this.give();
    }
    return true;
  }

  give() {
    this.port.postMessage({ pcm: this.pcm, level: this.level }, [this.pcm.buffer]);
    this.pcm = new Int16Array(this.size);
    this.filled = 0;
    this.level = 0;
  }
}

registerProcessor("live-capture", Capture);
