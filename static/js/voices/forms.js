// Forms that the page sends itself, before the site's own handling of forms sees them.

/**
 * `work(form, submitter)` in place of a submission of the forms that match. A button that asks first (`data-confirm`)
 * is left to ask, and comes here when the answer was yes.
 */
export function onForm(selector, work) {
  document.addEventListener(
    "submit",
    (event) => {
      const form = event.target.closest(selector);
      const button = event.submitter;
      if (!form || (button?.dataset.confirm && !button.dataset.confirmed)) return;
      event.preventDefault();
      if (button) delete button.dataset.confirmed;
      work(form, button);
    },
    true,
  );
}

/** A piece of the page as the server draws it now. */
export async function fragment(url) {
  const answer = await fetch(url, { credentials: "same-origin" });
  if (!answer.ok) throw new Error(String(answer.status));
  const template = document.createElement("template");
  template.innerHTML = (await answer.text()).trim();
  return document.importNode(template.content.firstElementChild, true);
}

/** The page as the server draws it now. */
export async function pageNow() {
  const answer = await fetch(location.href, { credentials: "same-origin" });
  if (!answer.ok) throw new Error(String(answer.status));
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}
