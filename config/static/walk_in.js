// Who walks in counts once, also after a reload or a lost answer: every code gets one id, made here. That, and in which
// session this phone was counted, is remembered for some hours and then forgotten; nothing else is, and the server has
// neither. The code stands after the # of the address, which is sent to no server.
const place = document.getElementById("walk-in");
const NAME = "inloop-in";
const REMEMBERED_MS = place.dataset.hours * 3600 * 1000;
const within = (selector) => place.querySelector(selector);

// ---- what this phone remembers: {ids: {CODE: {id, until}}, counted: {SESSION: {ends, until}}}
function recall() {
  const memory = { ids: {}, counted: {} };
  try {
    const kept = JSON.parse(localStorage.getItem(NAME)) ?? {};
    for (const part of Object.keys(memory)) {
      const fresh = Object.entries(kept[part] ?? {}).filter(([, one]) => one.until > Date.now());
      memory[part] = Object.fromEntries(fresh);
    }
    if (kept.ids || kept.counted) keep(memory);
  } catch {
    // a browser that keeps nothing: the id of the page will do
  }
  return memory;
}

function keep(memory) {
  try {
    const isEmpty = !Object.keys(memory.ids).length && !Object.keys(memory.counted).length;
    if (isEmpty) localStorage.removeItem(NAME);
    else localStorage.setItem(NAME, JSON.stringify(memory));
  } catch {
    // as above
  }
}

function idFor(code, proposed) {
  const memory = recall();
  memory.ids[code] ??= { id: proposed, until: Date.now() + REMEMBERED_MS };
  keep(memory);
  return memory.ids[code].id;
}

function rememberCounted({ session, ends }) {
  const memory = recall();
  memory.counted[session] = { ends: Date.parse(ends), until: Date.now() + REMEMBERED_MS };
  keep(memory);
}

const isCounted = () => Object.values(recall().counted).some((one) => one.ends > Date.now());

// ---- the page
const typed = (text) => text.slice(text.lastIndexOf("#") + 1).toUpperCase().replace(/[\s-]/g, "");

function show({ anew = false } = {}) {
  const code = typed(location.hash);
  for (const link of document.querySelectorAll(".languages a")) link.hash = location.hash;
  const welcome = within("[data-session]");
  if (welcome) rememberCounted(welcome.dataset);
  const form = within("form");
  if (!form) return;
  const counted = !anew && isCounted();
  within("[data-counted]").hidden = !counted;
  within("[data-ask]").hidden = counted;
  if (code && !within(".wrong")) {
    form.elements.code.value = code;
    within(".field").hidden = true; // one button is left
  }
}

async function load(request) {
  const answer = await fetch(place.dataset.address, request);
  if (!answer.ok) throw new Error(answer.status);
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(place.id);
  place.replaceChildren(...fresh.childNodes);
}

place.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { id, code } = event.target.elements;
  const button = within("form .button");
  if (button.disabled) return;
  button.disabled = true;
  if (typed(code.value)) id.value = idFor(typed(code.value), id.value);
  try {
    await load({ method: "POST", body: new URLSearchParams(new FormData(event.target)) });
    show({ anew: true });
    within(".summary, [data-session] h1")?.focus();
  } catch {
    button.disabled = false;
    within("[data-offline]").hidden = false; // the same id again: it counts once
  }
});

place.addEventListener("click", (event) => {
  if (!event.target.closest("[data-anew]")) return;
  const memory = recall();
  delete memory.ids[typed(location.hash)]; // somebody else on this phone is another one
  keep(memory);
  show({ anew: true });
  within("[data-ask] h1").focus();
});

// Another code in the same tab: the camera's browser may use it again.
addEventListener("hashchange", async () => {
  try {
    await load();
  } catch {
    // no connection: the page that is here will do, if it asks
  }
  show();
});
show();
