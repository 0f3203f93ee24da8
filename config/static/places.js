// The places of a pass, within its page. The token stands after the # of the address, which is sent to no server, or in
// a field that was filled in here: from there it goes into the body of a request.
const places = document.getElementById("places");
const withoutPass = [...places.childNodes];
// Other parts of the page stand after the # too.
const TOKEN = /^[0-9a-z]{16}$/i;
let turn = 0;

/** Puts what the server answers in place of what is here, unless something else was asked since. Returns whether it
 * could. */
async function ask(asked) {
  turn += 1;
  const mine = turn;
  try {
    const answer = await fetch(places.dataset.address, { method: "POST", body: new URLSearchParams(asked) });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const found = page.getElementById("places");
    if (!found) return false;
    if (mine !== turn) return true;
    places.replaceChildren(...found.childNodes);
    places.querySelector("[data-said]")?.focus();
    return true;
  } catch {
    return false; // no connection
  }
}

function show() {
  const token = location.hash.slice(1);
  if (token && !TOKEN.test(token)) return;
  for (const link of document.querySelectorAll(".languages a, a[data-with-pass]")) link.hash = token;
  if (token) return ask({ token });
  // The pass was taken off: what it had is nobody's to see any more, and an answer that is on its way comes too late.
  turn += 1;
  places.replaceChildren(...withoutPass);
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
