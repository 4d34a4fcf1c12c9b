// What can stand in the way, and what to do. The server's own sentences are shown as they come.

const TEXTS = {
  signed_out: "Nobody is signed in. Connect this browser to your account first.",
  not_here: "This page is closed to extensions, as the browser's own pages and its store are, and files on your disk unless you allow them in the list of extensions. Go to a page with sound, then press the icon there.",
  taken: "Another program captures the sound of this tab already. Stop it there, then start again.",
  unheard: "This tab plays sound that the browser does not give away (it is protected), so it cannot be dubbed. Its own sound is back.",
  unreachable: "The site does not answer. See whether it can be reached, then start again.",
  left_site: "The tab went to another site, so dubbing stopped. Press the icon there to dub it as well.",
  capture_ended: "The browser stopped giving the sound of this tab away. Start again.",
  no_capture: "The browser did not give the sound of this tab away. Reload the tab, then start again.",
};

/** Something that a person is told: { code, text }. code: of the texts here, or of the server; text: the server's. */
export const problem = (code, text = TEXTS[code]) => ({ code, text });

/** A problem, thrown. */
export class Trouble extends Error {
  constructor(code) {
    super(TEXTS[code]);
    this.problem = problem(code);
  }
}
