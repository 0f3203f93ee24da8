// The places of a pass, within its page. The token stands after the # of the address, which is sent to no server, or in
// a field that was filled in here: from there it goes into the body of a request.
const places = document.getElementById("places");

/** Puts what the server answers in place of what is here. Returns whether it could. */
async function ask(asked) {
  try {
    const answer = await fetch(places.dataset.address, { method: "POST", body: new URLSearchParams(asked) });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const found = page.getElementById("places");
    if (!found) return false;
    places.replaceChildren(...found.childNodes);
    places.querySelector("[data-said]")?.focus();
    return true;
  } catch {
    return false; // no connection
  }
}

function show() {
  const token = location.hash.slice(1);
  for (const link of document.querySelectorAll(".languages a, a[data-with-pass]")) link.hash = location.hash;
  if (token) ask({ token });
}

places.addEventListener("submit", async (event) => {
  const form = event.target;
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  // Without a connection the browser says so itself, and keeps what was asked.
  if (!(await ask(new FormData(form)))) form.submit();
});
addEventListener("hashchange", show);
show();
