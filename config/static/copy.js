// Puts the address of a calendar on the clipboard. Without it the address can be marked and copied by hand.
for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue;
  const label = button.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const field = document.getElementById(button.dataset.copy);
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      return; // the address is marked: it can be copied by hand
    }
    button.textContent = button.dataset.done;
    button.setAttribute("role", "status");
    setTimeout(() => { button.textContent = label; }, 3000);
  });
}
