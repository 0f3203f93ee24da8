// A fresh pass is shown for this once: a reload, or coming back, makes no other one and shows this one no more.
if (document.querySelector("#hand-out .qr")) {
  history.replaceState(null, "", document.getElementById("hand-out").dataset.start);
  addEventListener("pagehide", () => document.querySelector("#hand-out .qr")?.remove());
}
