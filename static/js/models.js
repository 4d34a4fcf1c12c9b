// The page of models in the admin: what workers are doing moves on, and what is done is shown anew.
const SECONDS = 1;
const page = document.querySelector("[data-progress]");

async function look() {
  const answer = await fetch(page.dataset.progress, { headers: { Accept: "application/json" } });
  if (!answer.ok) return;
  const doing = await answer.json();
  for (const card of page.querySelectorAll("[data-busy]")) {
    const one = doing[card.dataset.busy];
    if (!one) {
      window.location.reload();
      return;
    }
    card.querySelector("progress").value = one.percent / 100;
    const words = card.querySelector("[data-words]");
    if (words.textContent !== one.stage) words.textContent = one.stage;
  }
}

async function follow() {
  try {
    if (!document.hidden) await look();
  } catch {
    // The server is away for a moment: the next look tells.
  }
  window.setTimeout(follow, SECONDS * 1000);
}

if (page) follow();
