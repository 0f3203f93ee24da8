// Keeps the figures fresh while somebody looks at them: fetches this very page and swaps the part that counts.
const figures = document.querySelector("[data-refresh]");

async function refresh() {
  if (document.hidden || figures.contains(document.activeElement)) return;
  let fresh;
  try {
    const answer = await fetch(location.href, { cache: "no-store" });
    if (!answer.ok) return;
    fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(figures.id);
  } catch {
    return; // no connection: what is shown says when it was counted
  }
  if (fresh) figures.replaceChildren(...fresh.childNodes);
  else clearInterval(timer); // logged out
}

const timer = figures && setInterval(refresh, figures.dataset.refresh * 1000);
document.addEventListener("visibilitychange", () => { if (timer) refresh(); });
