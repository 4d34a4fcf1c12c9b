// Samples to a WAV file (16 bit, mono), and to the peaks that a waveform is drawn from.

const HEAD = 44;

/** One array of the chunks, float32 in [-1, 1]. */
export function joined(chunks) {
  const samples = new Float32Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    samples.set(chunk, at);
    at += chunk.length;
  }
  return samples;
}

/** The samples as the bytes of a WAV file. rate: Hz. */
export function wav(samples, rate) {
  const bytes = new DataView(new ArrayBuffer(HEAD + 2 * samples.length));
  const word = (at, text) => [...text].forEach((letter, place) => bytes.setUint8(at + place, letter.charCodeAt(0)));
  word(0, "RIFF");
  bytes.setUint32(4, HEAD - 8 + 2 * samples.length, true);
  word(8, "WAVEfmt ");
  bytes.setUint32(16, 16, true); // of the format that follows: PCM, one channel
  bytes.setUint16(20, 1, true);
  bytes.setUint16(22, 1, true);
  bytes.setUint32(24, rate, true);
  bytes.setUint32(28, 2 * rate, true);
  bytes.setUint16(32, 2, true);
  bytes.setUint16(34, 16, true);
  word(36, "data");
  bytes.setUint32(40, 2 * samples.length, true);
  samples.forEach((sample, place) => bytes.setInt16(HEAD + 2 * place, 32767 * Math.max(-1, Math.min(1, sample)), true));
  return bytes.buffer;
}

/** The highest sample of each of `count` stretches. */
export function peaks(samples, count = 240) {
  const step = Math.max(1, Math.ceil(samples.length / count));
  const found = [];
  for (let from = 0; from < samples.length; from += step) found.push(loudest(samples.subarray(from, from + step)));
  return found;
}

/** The highest sample, as a distance from zero. */
export function loudest(samples) {
  let top = 0;
  for (const sample of samples) top = Math.max(top, Math.abs(sample));
  return top;
}
