// Says that something is being done, where that may take a while. Without it the browser shows that by itself.
document.addEventListener("submit", ({ target: form }) => {
  if (!form.dataset.waiting || form.querySelector("progress")) return;
  const said = document.createElement("p");
  said.className = "waiting";
  said.setAttribute("role", "status");
  form.append(said);
  const bar = document.createElement("progress");
  bar.setAttribute("aria-label", form.dataset.waiting);
  said.append(bar, form.dataset.waiting);
});

// Whoever comes back to this page finds it as it was.
addEventListener("pageshow", () => document.querySelectorAll(".waiting").forEach((one) => one.remove()));
