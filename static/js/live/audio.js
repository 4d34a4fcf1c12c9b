// The sound of a live session: what is listened to, the original under the dub, and the dub.
//
//   const audio = await LiveAudio.open({ chunk(pcm, level) { … }, report(state) { … } });
//   audio.listen(stream, { heard: false });   // or an <audio> or <video> element
//   audio.play(piece);
//
// No document, no page: extensions use it as it is.

const RAMP = 0.03; // seconds in which a volume changes

export class LiveAudio {
  /**
   * rate, size: Hz and samples of the chunks that are given. chunk(pcm, level): Int16Array, mono; level: its highest
   * sample, 0 to 1. report(state): of the dub, several times a second: { buffered, target (seconds), underruns, played
   * (seconds), clause (that is heard now, or -1) }. began(clause): its dub begins to be heard.
   */
  static async open({ rate = 16000, size = 1024, chunk, report = () => {}, began = () => {} }) {
    const context = new AudioContext({ latencyHint: "interactive" });
    const load = (name) => context.audioWorklet.addModule(new URL(name, import.meta.url));
    await Promise.all([load("./capture-worklet.js"), load("./playback-worklet.js")]);
    await context.resume();
    return new LiveAudio(context, { rate, size, chunk, report, began });
  }

  constructor(context, { rate, size, chunk, report, began }) {
    this.context = context;
    this.source = null;
    this.elements = new WeakMap(); // an element has one source node for ever
    this.inlet = new GainNode(context); // muted here: silence is sent then, so that time goes on
    this.original = new GainNode(context);
    this.dub = new GainNode(context);
    this.capture = new AudioWorkletNode(context, "live-capture", { numberOfOutputs: 1, processorOptions: { rate, size } });
    this.playback = new AudioWorkletNode(context, "live-playback", { numberOfInputs: 0, outputChannelCount: [1] });
    this.capture.port.onmessage = ({ data }) => chunk(data.pcm, data.level);
    this.playback.port.onmessage = ({ data }) => (data.began === undefined ? report(data) : began(data.began));
    this.inlet.connect(this.capture).connect(context.destination); // (silent; it keeps the node at work)
    this.original.connect(context.destination);
    this.playback.connect(this.dub).connect(context.destination);
  }

  /** Listen to a MediaStream or a media element. heard: whether it is played as well, as the original. */
  listen(from, { heard }) {
    this.unplug();
    this.source = from instanceof MediaStream ? this.context.createMediaStreamSource(from) : this.elementNode(from);
    this.source.connect(this.inlet);
    if (heard) this.source.connect(this.original);
  }

  elementNode(element) {
    if (!this.elements.has(element)) this.elements.set(element, this.context.createMediaElementSource(element));
    return this.elements.get(element);
  }

  /** Listen to nothing. */
  unplug() {
    this.source?.disconnect();
    this.source = null;
  }

  /** Chunks are given, or not. */
  set capturing(on) {
    this.capture.port.postMessage({ on });
  }

  /** Silence is given in the place of what is listened to. */
  set muted(on) {
    this.turn(this.inlet, on ? 0 : 1);
  }

  /** Volumes: 0 to 1. */
  set originalVolume(share) {
    this.turn(this.original, share);
  }

  set dubVolume(share) {
    this.turn(this.dub, share);
  }

  turn(node, share) {
    node.gain.setTargetAtTime(share, this.context.currentTime, RAMP);
  }

  /** A piece of the dub, as `soundPiece` gives it; it is played when those before it are. */
  play(piece) {
    this.playback.port.postMessage({ piece }, [piece.samples.buffer]);
  }

  /** Drop what of the dub is not played yet. */
  hush() {
    this.playback.port.postMessage({ hush: true });
  }

  async close() {
    this.unplug();
    this.capture.port.onmessage = this.playback.port.onmessage = null;
    if (this.context.state !== "closed") await this.context.close();
  }
}
