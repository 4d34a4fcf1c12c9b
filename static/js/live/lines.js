// The two running columns: each clause as it was said and as it was translated, side by side.
import { $, calm, el, icon } from "../lib/dom.js";
import { clock } from "../lib/format.js";

const NEAR = 60; // pixels from the end, within which the text is followed
const COLOURS = 8;

/** The chip of a speaker. number: from 0. */
export const chip = (number) => el("span", { class: "who", "aria-hidden": "true" }, String(number + 1));
export const colour = (number) => String(number % COLOURS);

export class Lines {
  /** transcript: where the rows are. languages: by code, { name, rtl }. */
  constructor(root, transcript, languages) {
    this.transcript = transcript;
    this.languages = languages;
    this.list = $("#lines", root);
    this.scroll = $("#scroll", root);
    this.empty = $("#empty", root);
    this.partial = $("#partial", root);
    this.now = $("#now", root);
    this.nodes = new Map();
    this.following = true;
    this.scroll.addEventListener("scroll", () => this.look(), { passive: true });
    this.now.addEventListener("click", () => this.follow(true));
  }

  clear() {
    this.nodes.clear();
    this.list.replaceChildren();
    this.guess("", "");
    this.empty.hidden = false;
    this.follow(true);
  }

  // --- where one looks --------------------------------------------------------------------------------------------------
  look() {
    const { scrollHeight, scrollTop, clientHeight } = this.scroll;
    this.following = scrollHeight - scrollTop - clientHeight < NEAR;
    this.now.hidden = this.following;
  }

  follow(always = false) {
    if (!this.following && !always) return;
    this.following = true;
    this.now.hidden = true;
    this.scroll.scrollTo({ top: this.scroll.scrollHeight, behavior: calm() || !always ? "instant" : "smooth" });
  }

  // --- what is said -----------------------------------------------------------------------------------------------------
  /** What is under way; "" for nothing. */
  guess(text, language) {
    this.partial.hidden = !text;
    this.tongue(this.partial, text, language);
    if (text) this.empty.hidden = true;
    this.follow();
  }

  tongue(node, text, language) {
    if (node.textContent !== text) node.textContent = text;
    if (!language) return;
    node.lang = language;
    node.dir = this.languages[language]?.rtl ? "rtl" : "ltr";
  }

  /** Draw a row of the transcript, or draw it again. */
  put(row) {
    this.empty.hidden = true;
    const node = this.nodes.get(row.key) ?? this.add(row);
    this.tongue($(".line-text", node), row.text, row.language);
    const into = $(".line-into", node);
    this.tongue(into, row.translation, row.into);
    node.classList.toggle("line-unsure", row.unsure);
    node.dataset.reason = row.reason;
    $(".line-note", node).replaceChildren(...this.notes(row, node.previousElementSibling?.dataset.reason));
    if (row.speaker !== null) this.who(node, row.speaker);
    this.follow();
  }

  /** before: why the clause before it was not spoken; what is said once need not be said again. */
  notes(row, before) {
    const notes = [];
    if (row.unsure) notes.push(el("span", {}, icon("circle-question-mark"), "Some of these words are not known to the translation."));
    if (row.reason) notes.push(el("span", { title: row.reason }, icon("volume-x"), before ? "Text alone, too." : row.reason));
    return notes;
  }

  add(row) {
    const node = el("li", { class: "line" }, el("div", { class: "line-head", hidden: true }), el("p", { class: "line-text" }), el("p", { class: "line-into" }), el("p", { class: "line-note" }));
    node.dataset.time = clock(row.start);
    this.nodes.set(row.key, node);
    this.list.append(node);
    return node;
  }

  who(node, key) {
    const number = Number(key.split(":")[1]);
    const known = node.dataset.speaker === key;
    node.dataset.speaker = key;
    node.dataset.who = colour(number);
    if (!known) for (const one of [node, node.nextElementSibling]) this.head(one);
  }

  /** Who speaks is said where it changes. */
  head(node) {
    if (!node?.dataset.speaker) return;
    const head = $(".line-head", node);
    const { speaker, time } = node.dataset;
    head.hidden = node.previousElementSibling?.dataset.speaker === speaker;
    head.replaceChildren(chip(Number(speaker.split(":")[1])), el("strong", {}, this.transcript.name(speaker)), el("span", { class: "tiny muted num" }, time));
  }

  /** Somebody has another name now. */
  renamed(key) {
    for (const node of this.nodes.values()) if (node.dataset.speaker === key) this.head(node);
  }

  /** The clause whose dub is heard now; null for none. */
  playing(key) {
    for (const node of this.list.querySelectorAll(".line-playing")) if (node !== this.nodes.get(key)) node.classList.remove("line-playing");
    this.nodes.get(key)?.classList.add("line-playing");
  }

  /** A line across both columns. */
  divide(text) {
    this.list.append(el("li", { class: "line-divide" }, el("span", {}, text)));
    this.follow();
  }
}
