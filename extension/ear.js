// Whether the tab is heard at all. A tab that plays and of which nothing but zeros arrives is one that the browser
// keeps to itself: protected media, which is never worked around.

const FLOOR = 1e-4; // highest sample; Chromium calls a tab audible from about 2.5e-4 on
const ASK = 3; // seconds of silence, after which it is asked whether the tab plays (that is known 2 s late)
const AGAIN = 1; // seconds between two questions
const SURE = 4; // answers in a row

export class Ear {
  /** audible(): a promise of whether the browser says that the tab plays. deaf(): it does, and nothing arrives. */
  constructor({ audible, deaf }) {
    Object.assign(this, { audible, deaf });
    this.silent = 0; // seconds
    this.asked = 0; // seconds of silence at the last question
    this.yes = 0; // answers in a row that it plays
  }

  /** A chunk came. level: its highest sample. seconds: its length. */
  hear(level, seconds) {
    this.silent = level > FLOOR ? 0 : this.silent + seconds;
    if (!this.silent) this.asked = this.yes = 0;
    else if (this.silent >= Math.max(ASK, this.asked + AGAIN)) this.ask();
  }

  async ask() {
    this.asked = this.silent;
    const plays = await this.audible();
    if (!this.silent) return;
    this.yes = plays ? this.yes + 1 : 0;
    if (this.yes === SURE) this.deaf();
  }
}
