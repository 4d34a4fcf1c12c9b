// A finished dub: the player with its tracks, the waveforms, the transcript.
import { $, $$, data } from "../lib/dom.js";
import { Player } from "./player.js";
import { Transcript } from "./transcript.js";
import { Waveform } from "./waveform.js";

/** When the browser cannot play the upload, the dubbed file takes its place; its own sound is then a dub. */
function fallBack(media, given, note, onAudio) {
  const options = [given.dubbed, ...given.tracks.map((track) => track.audio)].filter(Boolean);
  media.addEventListener("error", () => {
    const next = options.shift();
    const original = $('#switcher [value="original"]');
    note.hidden = false;
    if (!next) {
      note.textContent = "This browser cannot play the files of this dub. Download them to hear the result.";
      return;
    }
    note.textContent = "This browser cannot play the original file, so its sound cannot be chosen here.";
    original.disabled = true;
    if (next !== given.dubbed) onAudio();
    media.src = next;
    const dub = $("#switcher input:not(:disabled)");
    if (dub && original.checked) dub.click();
  });
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
  fallBack(media, given, $("#player-note"), () => $("#player-stage").classList.add("no-picture"));
  if (media.error) media.dispatchEvent(new Event("error"));
  const player = new Player(media, given.tracks);
  const seek = (seconds, play) => {
    player.seek(seconds);
    if (play && !player.playing) player.toggle();
  };
  const waves = $$(".wave-canvas", panel).map((canvas) => {
    const wave = new Waveform(canvas, given.duration, (seconds) => seek(seconds, false));
    wave.load(canvas.dataset.peaks);
    return wave;
  });
  const transcript = new Transcript($("#segments", panel), { seek });

  const light = () => {
    panel.dataset.active = player.active;
    for (const row of $$(".wave-row", panel)) row.classList.toggle("on", row.dataset.track === player.active);
  };
  player.addEventListener("trackchange", light);
  $("#switcher").addEventListener("change", (event) => player.select(event.target.value));
  light();

  const show = () => {
    for (const wave of waves) wave.show(media.currentTime);
    transcript.show(media.currentTime);
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
