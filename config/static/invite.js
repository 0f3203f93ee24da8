// The code of an invitation stands after the # of the link, which is sent to no server: from there it goes into the form.
const form = document.querySelector("[data-invite]");
const code = location.hash.slice(1);

if (form && code) {
  form.elements.code.value = code;
  history.replaceState(null, "", location.pathname); // it stays in no history
  form.requestSubmit();
}
