// Shows what a schedule comes to while it is being written. The server reckons; without this there is a button.
const form = document.querySelector("form[data-preview]");
const preview = document.getElementById("preview");
let waiting;
let running = new AbortController();

async function show() {
  running.abort();
  running = new AbortController();
  try {
    const answer = await fetch(form.dataset.preview, {
      method: "POST", body: new FormData(form), signal: running.signal, redirect: "error",
    });
    const html = await answer.text();
    if (answer.ok && html !== preview.innerHTML) preview.innerHTML = html;
  } catch {
    // overtaken by a newer one, or no connection: the last preview stays
  }
}

form.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(show, 350);
});
// Gone, not hidden: the Enter key presses the first button of a form, also one that is out of sight.
for (const element of form.querySelectorAll("[data-without-script]")) element.remove();
