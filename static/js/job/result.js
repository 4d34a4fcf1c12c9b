// A finished job: the player with its tracks, the waveforms, the transcript.
import { $, $$, data } from "../lib/dom.js";
import { Player } from "./player.js";
import { Transcript } from "./transcript.js";
import { Waveform } from "../lib/waveform.js";

/** When the browser cannot play the upload, what was made of it takes its place; its own sound is then a file too. */
function fallBack(player, given, note) {
  const { media } = player;
  const options = [given.stand_in, given.tracks.find((track) => track.audio)?.audio].filter(Boolean);
  const next = () => {
    const url = options.shift();
    note.hidden = Boolean(url) && url === given.stand_in;
    note.textContent = url
      ? "This browser cannot show the picture of this video. You hear its tracks; download it to see it."
      : "This browser cannot play these files. Download them to hear the result.";
    if (!url) return;
    if (url !== given.stand_in) $("#player-stage").classList.add("no-picture");
    player.replace(url);
  };
  media.addEventListener("error", next);
  if (media.error) next();
}

/** The picture whose lips move with the track that is heard, where there is one and it is wanted; else the source. */
function pictures(player, given) {
  const wish = $("#synced");
  let shown = given.source;
  return () => {
    const synced = (!wish || wish.checked) && given.synced[player.active];
    const url = synced || given.source;
    if (url === shown) return;
    shown = url;
    player.replace(url, synced ? player.active : given.own);
  };
}

function shortcuts(player, signal) {
  const inputs = $$("#switcher input");
  document.addEventListener(
    "keydown",
    (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target.closest("input, textarea, select, button, a, video, audio, dialog, summary, [role=slider]") && event.key === " ") return;
      if (event.target.closest("textarea, select, input:not([type=radio])")) return;
      const input = inputs[Number(event.key) - 1];
      if (input && !input.disabled) {
        input.click();
        event.preventDefault();
      } else if (event.key === " ") {
        player.toggle();
        event.preventDefault();
      }
    },
    { signal },
  );
}

export function result(root) {
  const panel = $("#result", root);
  const given = data("player-data");
  if (!panel || !given) return null;
  const end = new AbortController();
  const media = $("#media", panel);
  const player = new Player(media, given.own, given.tracks);
  fallBack(player, given, $("#player-note"));
  const seek = (seconds, play) => {
    player.seek(seconds);
    if (play && !player.playing) player.toggle();
  };
  const waves = $$(".wave-canvas", panel).map((canvas) => {
    const wave = new Waveform(canvas, given.duration, (seconds) => seek(seconds, false));
    wave.load(canvas.dataset.peaks);
    return wave;
  });
  const list = $("#segments", panel); // what is only converted has no words
  const transcript = list && new Transcript(list, { seek });

  const light = () => {
    panel.dataset.active = player.active;
    for (const row of $$(".wave-row", panel)) row.classList.toggle("on", row.dataset.track === player.active);
  };
  player.addEventListener("trackchange", light);
  const picture = pictures(player, given);
  if (Object.keys(given.synced).length) player.addEventListener("trackchange", picture);
  $("#synced")?.addEventListener("change", picture);
  $("#switcher").addEventListener("change", (event) => player.select(event.target.value));
  // Who opens a result wants to hear it. Without scripts the page can only play the original, and says so.
  const dubbed = $("#switcher input[value=voice]:not(:disabled)") ?? $("#switcher input[value=converted]");
  if (dubbed) {
    dubbed.checked = true;
    player.select(dubbed.value);
  }
  light();

  const show = () => {
    for (const wave of waves) wave.show(media.currentTime);
    transcript?.show(media.currentTime);
  };
  let frame = 0;
  const tick = () => {
    show();
    frame = player.playing ? requestAnimationFrame(tick) : 0;
  };
  const on = (names, work) => names.forEach((name) => media.addEventListener(name, work, { signal: end.signal }));
  on(["play"], () => { frame ||= requestAnimationFrame(tick); });
  on(["timeupdate", "seeking", "seeked"], show);
  on(["loadedmetadata"], () => {
    if (media.videoWidth) media.style.setProperty("--ratio", `${media.videoWidth} / ${media.videoHeight}`);
    if (Number.isFinite(media.duration)) for (const wave of waves) wave.duration = media.duration;
  });
  addEventListener("themechange", () => waves.forEach((wave) => wave.draw()), { signal: end.signal });
  shortcuts(player, end.signal);
  // For tests and the curious: where the tracks stand.
  panel.player = player;

  return () => {
    end.abort();
    cancelAnimationFrame(frame);
    for (const wave of waves) wave.close();
    player.close();
  };
}
