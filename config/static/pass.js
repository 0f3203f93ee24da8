// The pass stands after the # of the address, which is sent to no server. Here it goes into the body of a request.
const place = document.getElementById("pass");

/** Whether this phone is a door (see attendance/door/state.js): its own camera opened the pass of a visitor. */
function isDoor() {
  try {
    return localStorage.getItem("door-paired") === "1";
  } catch {
    return false; // storage is switched off
  }
}

async function show() {
  const token = location.hash.slice(1);
  if (token && isDoor()) return location.replace(`${place.dataset.door}#pass=${token}`);
  for (const link of document.querySelectorAll(".languages a")) link.hash = location.hash;
  if (!token) return;
  try {
    const answer = await fetch(place.dataset.address, { method: "POST", body: new URLSearchParams({ token }) });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    place.replaceChildren(...page.getElementById("pass").childNodes);
  } catch {
    // no connection: the form is still there
  }
}

addEventListener("hashchange", show);
show();
