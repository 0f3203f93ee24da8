// The camera part of the page: start, see, choose a camera, lamp, and start again after sleep.
import * as camera from "./camera.js";
import { $, text } from "./config.js";
import { notice } from "./notices.js";
import { prepare, read } from "./reader.js";

const UNSEEN_MS = 3_000; // a pass held up is one scan, however long

const PROBLEMS = { NotAllowedError: "camera_refused", SecurityError: "camera_refused", NotReadableError: "camera_busy" };
const NOTICES = ["camera_refused", "camera_busy", "no_camera", "decoder"];

const frame = $("scan");
const stage = $("stage");
const video = $("video");
const torch = $("torch");
const choice = $("camera");

const inView = new Map(); // text -> when last seen
let act = null; // what to do with a code, and when the camera runs
let side = "environment";
let track = null;
let opening = false;
let reading = false;

function isHeld(code) {
  const now = performance.now();
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

async function start() {
  if (opening) return;
  opening = true;
  camera.close(video);
  try {
    track = await camera.open(video, side);
    frame.dataset.camera = side;
    complain(null);
    if (!reading) {
      reading = true;
      const onText = (code, seenAt) => isHeld(code) || act.onCode(code, seenAt);
      read(video, { onText, onFailure: () => stop("decoder") });
    }
    camera.stayAwake();
    act.onStarted();
    await drawTools();
  } catch (error) {
    stop(PROBLEMS[error.name] ?? "no_camera");
  } finally {
    opening = false;
  }
}

/** From the camera at the back ("environment") or at the front ("user"). */
export async function startScanning(facing) {
  side = facing;
  await start();
}

export const isScanning = () => track !== null;

/** Calls onCode(text, when its frame was taken) for each code that comes into view, onStarted when the camera runs. */
export function setUpScanner(onCode, onStarted) {
  act = { onCode, onStarted };
  prepare();
  $("start").addEventListener("click", async () => {
    await startScanning(side);
    if (track) stage.focus(); // the button is gone
  });
  choice.addEventListener("change", () => {
    camera.remember(choice.value);
    start();
  });
  torch.addEventListener("click", async () => {
    const on = torch.getAttribute("aria-pressed") !== "true";
    await camera.setTorch(track, on);
    torch.setAttribute("aria-pressed", String(on));
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState !== "visible" || !track) return;
    // Phones take the camera away while the page sleeps.
    if (track.readyState === "ended" || track.muted) return start();
    camera.stayAwake();
    video.play();
  });
}
