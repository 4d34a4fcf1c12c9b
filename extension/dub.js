// One tab, dubbed: its sound is captured, sent, played again more quietly, and the dub over it.
import { Ear } from "./ear.js";
import { LiveAudio } from "./live/audio.js";
import { connect } from "./live/session.js";
import { newId } from "./live/wire.js";
import { asSettings } from "./manner.js";
import { problem } from "./problems.js";

const RATE = 16000; // Hz
const SHOWN = 6; // clauses whose text is kept, for the popup
const PATIENCE = 2000; // milliseconds in which the server may say that it stopped
const PRESSED = 2; // level of pressure from which the person is told

/** What the server says, by its type on the wire. The rest is not for this side. */
const TAKE = {
  loading: (dub, { progress }) => dub.show({ phase: "loading", progress }),
  started(dub, { notes = [] }) {
    dub.run(true);
    dub.show({ notice: notes[0] ?? "" });
  },
  transcript(dub, { clause, final, text, language, speaker }) {
    if (final) dub.write(clause, { text, language, speaker }, { partial: "" });
    else dub.show({ partial: text });
  },
  translation: (dub, { clause, text, language }) => dub.write(clause, { translation: text, into: language }),
  spoken: (dub, { clause, speaker }) => dub.write(clause, { speaker }),
  metrics: (dub, { lag, delays }) => dub.show({ lag, delays: delays?.total ?? null }),
  pressure: (dub, { level, advice }) => dub.show({ notice: level >= PRESSED ? advice : "" }),
  error: (dub, { message }) => dub.show({ notice: message }),
  stopped: (dub) => dub.hasStopped(),
};

export class Dub {
  /**
   * Begin. capture: the browser's id of the tab's sound. site, key: where to dub, and by what right. manner: languages
   * and volumes. changed(): something of `state` is new. over(problem): it ended by itself, and the tab's sound is back.
   * audible(): a promise of whether the tab plays. Throws where the sound cannot be had, and leaves nothing changed.
   */
  static async begin(capture, { site, key, manner, changed, over, audible }) {
    const dub = new Dub({ manner, changed, over, audible });
    try {
      await dub.listen(capture);
      dub.dial(site, key);
    } catch (error) {
      await dub.giveBack();
      throw error;
    }
    return dub;
  }

  constructor({ manner, changed, over, audible }) {
    Object.assign(this, { manner, changed, over });
    this.ear = new Ear({ audible, deaf: () => this.fail(problem("unheard")) });
    this.running = false; // the server dubs
    this.ended = false;
    this.muted = false;
    this.clauses = new Map(); // number -> { clause, speaker, text, translation, language }
    this.state = { phase: "connecting", progress: null, lag: null, delays: null, said: [], partial: "", notice: "", muted: false, sent: 0, played: 0 };
  }

  // --- sound --------------------------------------------------------------------------------------------------------
  async listen(capture) {
    this.audio = await LiveAudio.open({
      rate: RATE,
      chunk: (pcm, level) => this.heard(pcm, level),
      report: ({ played }) => this.show({ played }),
    });
    const source = { chromeMediaSource: "tab", chromeMediaSourceId: capture };
    this.stream = await navigator.mediaDevices.getUserMedia({ audio: { mandatory: source } });
    for (const track of this.stream.getTracks()) track.onended = () => this.fail(problem("capture_ended"));
    this.audio.listen(this.stream, { heard: true });
    this.mix();
  }

  /** Volumes. The original is lower only while there is a dub; a tab that is muted stays so, and so does its dub. */
  mix() {
    const { dub, original } = this.manner;
    const lowered = this.state.phase === "dubbing" ? original : 1;
    this.audio.originalVolume = this.muted ? 0 : lowered;
    this.audio.dubVolume = this.muted ? 0 : dub;
  }

  /** The tab sounds by itself again, exactly as it did: nothing is captured any more. */
  async giveBack() {
    for (const track of this.stream?.getTracks() ?? []) {
      track.onended = null;
      track.stop();
    }
    await this.audio?.close();
  }

  heard(pcm, level) {
    this.ear.hear(level, pcm.length / RATE);
    this.session?.feed(pcm);
    this.state.sent += pcm.length / RATE;
  }

  /** The browser's own switch of the tab. */
  set tabMuted(muted) {
    this.muted = muted;
    this.mix();
    this.show({ muted });
  }

  // --- the session --------------------------------------------------------------------------------------------------
  dial(site, key) {
    this.stopped = new Promise((resolve) => {
      this.hasStopped = resolve;
    });
    this.session = connect(site, {
      session: newId(),
      key,
      origin: "extension",
      rate: RATE,
      on: {
        state: (state, more) => this.connection(state, more),
        message: (message) => this.take(message),
        sound: (piece) => this.audio.play(piece),
      },
    });
    this.session.start({ ...asSettings(this.manner), sample_rate: RATE, channels: 1 });
  }

  /** Change the manner while it runs. */
  change(change) {
    Object.assign(this.manner, change);
    this.mix();
    const settings = asSettings(change);
    if (Object.keys(settings).length) this.session.change(settings);
  }

  connection(state, { text = "", resumed = false, error = null } = {}) {
    if (state === "open") this.run(resumed && this.running);
    if (state === "lost") this.show({ phase: "lost", notice: text }); // (and still listened to, for when it is back)
    if (state === "refused") this.fail(text ? problem(error?.code ?? "refused", text) : problem("unreachable"));
  }

  /** The server dubs, or gets ready to. */
  run(running) {
    this.running = running;
    this.audio.capturing = running;
    this.show({ phase: running ? "dubbing" : "loading", notice: "" });
  }

  take(message) {
    if (Object.hasOwn(TAKE, message.type)) TAKE[message.type](this, message);
  }

  /** Text of a clause. Only the last few are kept, and only here. */
  write(clause, words, more = {}) {
    this.clauses.set(clause, { clause, ...this.clauses.get(clause), ...words });
    for (const old of [...this.clauses.keys()].sort((a, b) => a - b).slice(0, -SHOWN)) this.clauses.delete(old);
    this.show({ said: [...this.clauses.values()].sort((a, b) => a.clause - b.clause), ...more });
  }

  show(news) {
    Object.assign(this.state, news);
    if (this.ended) return;
    if (news.phase) this.mix();
    this.changed(this.state);
  }

  // --- the end ------------------------------------------------------------------------------------------------------
  /** Stop: the tab's sound is back at once; the server is told, and given a moment to say so. */
  async end() {
    if (this.ended) return;
    this.ended = true;
    await this.giveBack();
    if (this.session?.stop()) await Promise.race([this.stopped, new Promise((resolve) => setTimeout(resolve, PATIENCE))]);
    this.session?.close();
  }

  async fail(why) {
    if (this.ended) return;
    await this.end();
    this.over(why);
  }
}
