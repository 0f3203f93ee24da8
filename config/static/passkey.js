// Shows what has to do with passkeys where the browser knows them, and tells when one did not work.
if (window.PublicKeyCredential) {
  for (const part of document.querySelectorAll("[data-passkey]")) part.hidden = false;
  for (const part of document.querySelectorAll("[data-no-passkey]")) part.hidden = true;
}
document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  document.getElementById("passkey-wrong").hidden = false;
});
for (const part of document.querySelectorAll("[data-passkey]")) {
  part.addEventListener("click", () => {
    document.getElementById("passkey-wrong").hidden = true;
  });
}
