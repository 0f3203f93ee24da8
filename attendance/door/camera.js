// The camera: open it, choose one, its lamp, and a screen that stays on.
import { memory } from "./config.js";

const CHOICE = "door-camera";

export const remember = (deviceId) => memory.set(CHOICE, deviceId);

function ask(choice) {
  const size = { width: { ideal: 1280 }, height: { ideal: 720 } };
  return navigator.mediaDevices.getUserMedia({ audio: false, video: { ...choice, ...size } });
}

/** Shows the chosen camera, or else the one on the side that `facing` names, in `video`; returns its track. */
export async function open(video, facing) {
  const deviceId = facing === "environment" ? memory.get(CHOICE) : null;
  const side = { facingMode: { ideal: facing } };
  let stream;
  try {
    stream = await ask(deviceId ? { deviceId: { exact: deviceId } } : side);
  } catch (error) {
    if (!deviceId || error.name === "NotAllowedError") throw error;
    stream = await ask(side); // the chosen camera is gone
  }
  video.srcObject = stream;
  await video.play();
  return stream.getVideoTracks()[0];
}

export function close(video) {
  video.srcObject?.getTracks().forEach((track) => track.stop());
  video.srcObject = null;
}

export async function list() {
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices.filter((device) => device.kind === "videoinput");
}

export const hasTorch = (track) => Boolean(track.getCapabilities?.().torch);

export const setTorch = (track, on) => track.applyConstraints({ advanced: [{ torch: on }] });

/** The lock ends by itself when the page is hidden: ask again on the way back. */
export async function stayAwake() {
  try {
    await navigator.wakeLock?.request("screen");
  } catch {
    // battery low, or not allowed: the phone dims as it always does
  }
}
