// One clock, several sound tracks. The picture (or the recording) is the clock and keeps the browser's own controls;
// another track is an audio element that follows it, while the clock's own sound is turned down to nothing.

const SEEK_BEYOND = 0.12; // seconds apart: jump
const SEEK_REST = 1000; // milliseconds between jumps, so that a slow connection does not jump for ever
const NUDGE_BEYOND = 0.025; // seconds apart: play a little faster or slower until they meet
const MAX_NUDGE = 0.06;

export class Player extends EventTarget {
  /** media: the element with the controls. own: the track that is heard in what it plays. tracks: {id, audio} of each. */
  constructor(media, own, tracks) {
    super();
    this.media = media;
    this.active = own;
    this.own = own;
    this.gain = null;
    this.context = null;
    this.end = new AbortController();
    this.audios = new Map(tracks.filter((track) => track.audio).map((track) => [track.id, this.element(track.audio)]));
    const on = (names, work) => names.forEach((name) => media.addEventListener(name, work, { signal: this.end.signal }));
    on(["play", "playing"], () => this.start());
    on(["pause", "ended", "waiting", "emptied"], () => this.dub?.pause());
    on(["seeking", "seeked"], () => this.jump());
    on(["ratechange", "volumechange"], () => this.copySettings());
    this.jumped = 0;
    this.timer = setInterval(() => this.keep(), 200);
  }

  element(url) {
    const audio = new Audio();
    audio.preload = "none";
    audio.src = url;
    audio.preservesPitch = true;
    return audio;
  }

  get dub() {
    return this.active === this.own ? null : (this.audios.get(this.active) ?? null);
  }

  get playing() {
    return !this.media.paused && !this.media.ended;
  }

  /** The element plays something else now, from where it stands. own: the track that is heard in that, "" for none. */
  async replace(url, own = "") {
    const { currentTime, playbackRate } = this.media;
    const { playing } = this;
    this.own = own;
    this.media.src = url;
    this.media.currentTime = currentTime;
    this.media.playbackRate = playbackRate;
    await this.select(this.active);
    if (playing) await this.media.play().catch(() => {});
  }

  /** Choose a track. Position, play state, speed and volume stay as they are. */
  async select(id) {
    this.dub?.pause();
    this.active = id;
    // Before the first play there is nothing to route, and browsers want a person's gesture before a context starts.
    if (this.context || this.playing) await this.route();
    if (this.dub) {
      this.dub.preload = "auto";
      this.copySettings();
      this.jump();
      if (this.playing) await this.start();
    }
    this.dispatchEvent(new Event("trackchange"));
  }

  /** The clock's own sound: through a gain node, so that the browser's volume control keeps working for the dub. */
  async route() {
    if (!this.context) {
      if (!this.dub) return;
      this.context = new AudioContext();
      this.gain = this.context.createGain();
      this.gain.gain.value = 0;
      this.context.createMediaElementSource(this.media).connect(this.gain).connect(this.context.destination);
    }
    this.gain.gain.setTargetAtTime(this.dub ? 0 : 1, this.context.currentTime, 0.015);
    if (this.context.state === "suspended") this.context.resume().catch(() => {});
  }

  async start() {
    await this.route();
    const dub = this.dub;
    if (!dub || !this.playing) return;
    this.copySettings();
    this.jump();
    if (dub.duration && this.media.currentTime >= dub.duration) return;
    await dub.play().catch(() => {});
  }

  copySettings() {
    const dub = this.dub;
    if (!dub) return;
    dub.volume = this.media.volume;
    dub.muted = this.media.muted;
    dub.playbackRate = this.media.playbackRate;
  }

  /** Seconds that the dub is ahead of the clock. */
  get apart() {
    return this.dub.currentTime - this.media.currentTime;
  }

  jump() {
    const { dub, media } = this;
    if (!dub || Math.abs(this.apart) < NUDGE_BEYOND) return;
    dub.currentTime = Math.min(media.currentTime, dub.duration || Infinity);
    dub.playbackRate = media.playbackRate;
    this.jumped = performance.now();
  }

  /** Keep the dub with the clock: by a jump when it is far off, else by a nudge of its speed. */
  keep() {
    const { dub, media } = this;
    if (!dub || !this.playing || media.seeking || dub.seeking) return;
    if (dub.paused) {
      if (!dub.ended && media.readyState >= 3) this.start();
      return;
    }
    if (Math.abs(this.apart) > SEEK_BEYOND && performance.now() - this.jumped > SEEK_REST) {
      this.jump();
      return;
    }
    const nudge = Math.abs(this.apart) > NUDGE_BEYOND ? Math.max(-MAX_NUDGE, Math.min(MAX_NUDGE, -this.apart / 2)) : 0;
    dub.playbackRate = media.playbackRate * (1 + nudge);
  }

  seek(seconds) {
    this.media.currentTime = Math.max(0, Math.min(seconds, this.media.duration || seconds));
  }

  toggle() {
    if (this.playing) this.media.pause();
    else this.media.play().catch(() => {});
  }

  close() {
    clearInterval(this.timer);
    this.end.abort();
    for (const audio of this.audios.values()) {
      audio.pause();
      audio.removeAttribute("src");
      audio.load();
    }
    this.media.pause();
    this.context?.close();
  }
}
