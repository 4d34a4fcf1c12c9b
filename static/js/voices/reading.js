// Something to read aloud: by language, one text at a time.
import { $, $$ } from "../lib/dom.js";

export function reading(panel) {
  if (!panel) return;
  const select = $("#reading-language", panel);
  const passages = $$(".passage", panel);
  let place = 0;

  function show() {
    const fitting = passages.filter((one) => one.lang === select.value);
    for (const one of passages) one.hidden = one !== fitting[place % fitting.length];
    $("#reading-next", panel).hidden = fitting.length < 2;
  }

  select.addEventListener("change", () => {
    place = 0;
    show();
  });
  $("#reading-next", panel).addEventListener("click", () => {
    place += 1;
    show();
  });
  // People read in the language of their browser.
  const own = navigator.language.split("-")[0];
  if ([...select.options].some((option) => option.value === own)) select.value = own;
  show();
}
