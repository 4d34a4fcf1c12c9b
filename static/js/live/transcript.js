// What was said, clause by clause, in memory; and as files that a browser makes of it. No document.

const pad = (value, width = 2) => String(value).padStart(width, "0");

/** Seconds as 01:02:03,450 (SRT) or with a point (VTT). */
function stamp(seconds, mark) {
  const all = Math.max(0, Math.round(seconds * 1000));
  return `${pad(Math.floor(all / 3_600_000))}:${pad(Math.floor(all / 60_000) % 60)}:${pad(Math.floor(all / 1000) % 60)}${mark}${pad(all % 1000, 3)}`;
}

/** A cue is shown for at least so long. */
const SHORTEST = 0.8; // seconds

export class Transcript {
  constructor() {
    this.clear();
  }

  clear() {
    this.rows = new Map();
    this.names = new Map(); // by the speaker's key
    this.part = 0; // a server that has forgotten the session counts from the start again
    this.offset = 0; // seconds before this part
    this.end = 0; // seconds, of all
  }

  /** The session began anew, with everything counted from the start. */
  anew() {
    this.part += 1;
    this.offset = this.end;
  }

  key(number) {
    return `${this.part}:${number}`;
  }

  /** The row of a clause: { key, start, end, text, language, speaker (key or null), translation, into, unsure, reason }. */
  row(clause) {
    const key = this.key(clause);
    if (!this.rows.has(key)) this.rows.set(key, { key, start: this.end, end: this.end, text: "", language: "", speaker: null, translation: "", into: "", unsure: false, reason: "" });
    return this.rows.get(key);
  }

  /** Take what belongs to a clause from a message that is final; the row, or null. */
  take(message) {
    if (message.type === "transcript") return message.final ? this.heard(message) : null;
    if (message.type === "translation") return Object.assign(this.row(message.clause), { translation: message.text, into: message.language, unsure: message.unsure });
    if (message.type === "spoken") return this.spoken(message);
    if (message.type === "speaker") this.names.set(this.key(message.speaker), message.name);
    return null;
  }

  heard({ clause, text, language, start, end, speaker }) {
    const row = this.row(clause);
    Object.assign(row, { text, language, start: this.offset + start, end: this.offset + end });
    if (speaker !== null) row.speaker = this.key(speaker);
    this.end = Math.max(this.end, row.end);
    return row;
  }

  spoken({ clause, speaker, delays, reason }) {
    return Object.assign(this.row(clause), { speaker: this.key(speaker), reason: delays ? "" : reason });
  }

  name(key) {
    return this.names.get(key) || `Speaker ${Number(key.split(":")[1]) + 1}`;
  }

  get list() {
    return [...this.rows.values()].sort((a, b) => a.start - b.start);
  }

  // --- files ----------------------------------------------------------------------------------------------------------
  /** which: both, text or translation. kind: txt, srt or vtt. */
  file(kind, which) {
    return kind === "txt" ? this.plain(which) : this.cues(kind, which);
  }

  lines(row, which) {
    const texts = which === "both" ? [row.text, row.translation] : [row[which]];
    return texts.filter(Boolean);
  }

  plain(which) {
    const parts = [];
    let speaker = null;
    for (const row of this.list) {
      const lines = this.lines(row, which);
      if (!lines.length) continue;
      if (row.speaker !== null && row.speaker !== speaker) {
        speaker = row.speaker;
        parts.push(`${parts.length ? "\n" : ""}${this.name(speaker)} (${stamp(row.start, ".").slice(0, 8)})`);
      }
      parts.push(lines.join("\n    "));
    }
    return `${parts.join("\n")}\n`;
  }

  cues(kind, which) {
    const mark = kind === "srt" ? "," : ".";
    const rows = this.list.filter((row) => this.lines(row, which).length);
    const blocks = rows.map((row, place) => {
      const end = Math.max(row.end, row.start + SHORTEST);
      const voice = kind === "vtt" && row.speaker !== null ? `<v ${this.name(row.speaker)}>` : "";
      const text = this.lines(row, which).map((line) => (kind === "vtt" ? line.replace(/&/g, "&amp;").replace(/</g, "&lt;") : line));
      return `${place + 1}\n${stamp(row.start, mark)} --> ${stamp(end, mark)}\n${voice}${text.join("\n")}\n`;
    });
    return `${kind === "vtt" ? "WEBVTT\n\n" : ""}${blocks.join("\n")}`;
  }
}
