// The camera: open it, choose one, its lamp, and a screen that stays on.
const CHOICE = "door-camera";

function remembered() {
  try {
    return localStorage.getItem(CHOICE);
  } catch {
    return null; // storage is switched off
  }
}

export function remember(deviceId) {
  try {
    localStorage.setItem(CHOICE, deviceId);
  } catch {
    // then it is asked for again next time
  }
}

function ask(choice) {
  const size = { width: { ideal: 1280 }, height: { ideal: 720 } };
  return navigator.mediaDevices.getUserMedia({ audio: false, video: { ...choice, ...size } });
}

/** Shows the chosen camera, or else the one at the back, in `video`; returns its track. */
export async function open(video) {
  const deviceId = remembered();
  const back = { facingMode: { ideal: "environment" } };
  let stream;
  try {
    stream = await ask(deviceId ? { deviceId: { exact: deviceId } } : back);
  } catch (error) {
    if (!deviceId || error.name === "NotAllowedError") throw error;
    stream = await ask(back); // the chosen camera is gone
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
