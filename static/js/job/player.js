// One clock, several sound tracks. The picture (or the original recording) is the clock and keeps the browser's own
// controls; a dubbed track is an audio element that follows it, while the original's sound is turned down to nothing.

const SEEK_BEYOND = 0.3; // seconds apart: jump
const NUDGE_BEYOND = 0.025; // seconds apart: play a little faster or slower until they meet
const MAX_NUDGE = 0.04;

export class Player extends EventTarget {
  /** media: the element with the controls. tracks: {id, audio} of each track; "original" has no audio of its own. */
  constructor(media, tracks) {
    super();
    this.media = media;
    this.active = "original";
    this.gain = null;
    this.context = null;
    this.end = new AbortController();
    this.audios = new Map(tracks.filter((track) => track.audio).map((track) => [track.id, this.element(track.audio)]));
    const on = (names, work) => names.forEach((name) => media.addEventListener(name, work, { signal: this.end.signal }));
    on(["play", "playing"], () => this.start());
    on(["pause", "ended", "waiting", "emptied"], () => this.dub?.pause());
    on(["seeking", "seeked"], () => this.align(true));
    on(["ratechange", "volumechange"], () => this.copySettings());
    this.timer = setInterval(() => this.align(), 200);
  }

  element(url) {
    const audio = new Audio();
    audio.preload = "none";
    audio.src = url;
    audio.preservesPitch = true;
    return audio;
  }

  get dub() {
    return this.audios.get(this.active) ?? null;
  }

  get playing() {
    return !this.media.paused && !this.media.ended;
  }

  /** Choose a track. Position, play state, speed and volume stay as they are. */
  async select(id) {
    if (id === this.active) return;
    this.dub?.pause();
    this.active = id;
    await this.route();
    if (this.dub) {
      this.dub.preload = "auto";
      this.copySettings();
      this.align(true);
      if (this.playing) await this.start();
    }
    this.dispatchEvent(new Event("trackchange"));
  }

  /** The original's own sound: through a gain node, so that the browser's volume control keeps working for the dub. */
  async route() {
    if (!this.context) {
      if (this.active === "original") return;
      this.context = new AudioContext();
      this.gain = this.context.createGain();
      this.context.createMediaElementSource(this.media).connect(this.gain).connect(this.context.destination);
    }
    this.gain.gain.setTargetAtTime(this.active === "original" ? 1 : 0, this.context.currentTime, 0.015);
    if (this.context.state === "suspended") this.context.resume().catch(() => {});
  }

  async start() {
    if (this.context?.state === "suspended") this.context.resume().catch(() => {});
    const dub = this.dub;
    if (!dub || !this.playing) return;
    this.copySettings();
    this.align(true);
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

  /** Bring the dub back to the clock: by a jump when far off or asked to, else by a nudge of its speed. */
  align(jump = false) {
    const dub = this.dub;
    if (!dub) return;
    const apart = dub.currentTime - this.media.currentTime;
    if (Math.abs(apart) > SEEK_BEYOND || (jump && Math.abs(apart) > NUDGE_BEYOND)) {
      dub.currentTime = Math.min(this.media.currentTime, dub.duration || Infinity);
      dub.playbackRate = this.media.playbackRate;
      return;
    }
    if (!this.playing) return;
    const nudge = Math.abs(apart) > NUDGE_BEYOND ? Math.max(-MAX_NUDGE, Math.min(MAX_NUDGE, -apart / 2)) : 0;
    dub.playbackRate = this.media.playbackRate * (1 + nudge);
    if (dub.paused && !dub.ended && !this.media.seeking && this.media.readyState >= 3) this.start();
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
