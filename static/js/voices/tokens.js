// A select of several as tokens, with the searchable select to add one more.
import { $, el, icon } from "../lib/dom.js";
import { combobox } from "../lib/combobox.js";

export function tokens(select) {
  const label = $(`label[for="${select.id}"]`);
  const adder = el("select", { id: `${select.id}-add` }, el("option", { value: "" }, select.dataset.tokens), ...[...select.options].map((option) => el("option", { value: option.value }, option.textContent)));
  const list = el("div", { class: "tokens" });
  label.htmlFor = adder.id;
  select.hidden = true;
  select.tabIndex = -1;
  select.after(list, adder);
  const box = combobox(adder);

  function show() {
    list.replaceChildren(...[...select.selectedOptions].map((option) => token(option)));
  }

  function token(option) {
    const [name] = option.textContent.split(" · ");
    const drop = el("button", { type: "button", "aria-label": `Remove ${name}` }, icon("x"));
    drop.addEventListener("click", () => {
      option.selected = false;
      show();
      $(`#${adder.id}-search`).focus();
      select.dispatchEvent(new Event("change", { bubbles: true }));
    });
    return el("span", { class: "token" }, name, drop);
  }

  adder.addEventListener("change", (event) => {
    event.stopPropagation();
    const option = [...select.options].find((one) => one.value === adder.value);
    if (!option) return;
    option.selected = true;
    adder.value = "";
    box.refresh();
    show();
    select.dispatchEvent(new Event("change", { bubbles: true }));
  });
  show();
}
