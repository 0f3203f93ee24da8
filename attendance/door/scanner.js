// The camera part of the page: start, see, choose a camera, lamp, and start again after sleep.
import * as camera from "./camera.js";
import { text } from "./config.js";
import { notice } from "./notices.js";
import { prepare, read } from "./reader.js";

const UNSEEN_MS = 3_000; // a pass held up is one scan, however long

const PROBLEMS = { NotAllowedError: "camera_refused", SecurityError: "camera_refused", NotReadableError: "camera_busy" };
const NOTICES = ["camera_refused", "camera_busy", "no_camera", "decoder"];

const frame = document.getElementById("scan");
const stage = document.getElementById("stage");
const video = document.getElementById("video");
const startButton = document.getElementById("start");
const torch = document.getElementById("torch");
const choice = document.getElementById("camera");

const inView = new Map(); // text -> when last seen
let track = null;
let opening = false;
let reading = false;

function isHeld(code) {
  const now = Date.now();
  for (const [old, seen] of inView) if (now - seen >= UNSEEN_MS) inView.delete(old);
  const held = inView.has(code);
  inView.set(code, now);
  return held;
}

function complain(problem) {
  for (const name of NOTICES) notice(name, name === problem);
}

function stop(problem) {
  track = null;
  reading = false;
  camera.close(video);
  delete frame.dataset.camera;
  complain(problem);
}

async function drawTools() {
  torch.hidden = !camera.hasTorch(track);
  torch.setAttribute("aria-pressed", "false");
  const cameras = await camera.list();
  const name = ({ label }, index) => label || text("camera_number", { number: index + 1 });
  choice.replaceChildren(...cameras.map((device, index) => new Option(name(device, index), device.deviceId)));
  choice.value = track?.getSettings().deviceId ?? "";
  choice.hidden = cameras.length < 2;
}

async function start(onCode, onStarted) {
  if (opening) return;
  opening = true;
  camera.close(video);
  try {
    track = await camera.open(video);
    frame.dataset.camera = "on";
    complain(null);
    if (!reading) {
      reading = true;
      read(video, { onText: (code) => isHeld(code) || onCode(code), onFrame: measure, onFailure: () => stop("decoder") });
    }
    camera.stayAwake();
    onStarted();
    await drawTools();
  } catch (error) {
    stop(PROBLEMS[error.name] ?? "no_camera");
  } finally {
    opening = false;
  }
}

/** For measuring the speed of scanning from outside; holds nothing about passes. */
window.door = { frames: 0, ms: [] };

function measure(ms) {
  window.door.frames += 1;
  window.door.ms.push(ms);
  if (window.door.ms.length > 1000) window.door.ms.shift();
}

/** Calls onCode for each code that comes into view, onStarted when the camera runs. */
export function setUpScanner(onCode, onStarted) {
  prepare();
  const run = () => start(onCode, onStarted);
  startButton.addEventListener("click", async () => {
    await run();
    if (track) stage.focus(); // the button is gone
  });
  choice.addEventListener("change", () => {
    camera.remember(choice.value);
    run();
  });
  torch.addEventListener("click", async () => {
    const on = torch.getAttribute("aria-pressed") !== "true";
    await camera.setTorch(track, on);
    torch.setAttribute("aria-pressed", String(on));
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState !== "visible" || !track) return;
    camera.stayAwake();
    // Phones take the camera away while the page sleeps.
    if (track.readyState === "ended" || track.muted) run();
    else video.play();
  });
}
