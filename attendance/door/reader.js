// Hands the frames of a video to the decoder, one at a time, so that none queue up.
import { config } from "./config.js";
import { decoded } from "./measuring.js";

let worker = null;

/** Fetches the decoder; called early, so that it is there when the camera starts. */
export function prepare() {
  if (worker) return worker;
  // The worker cannot guess the hashed name of the wasm file, so its own address says it.
  const url = `${config.decoder}?wasm=${encodeURIComponent(config.wasm)}`;
  worker = new Worker(url, { type: "module" });
  return worker;
}

/** Starts anew after a failure. */
export function discard() {
  worker?.terminate();
  worker = null;
}

/** Calls onText(text, when its frame was taken) for every frame with a code, and onFailure if it cannot. */
export function read(video, { onText, onFailure }) {
  const decoder = prepare();
  const canvas = document.createElement("canvas");
  const pixels = canvas.getContext("2d", { willReadFrequently: true });
  let busy = false;
  let seenAt = 0;

  function next() {
    if (video.requestVideoFrameCallback) video.requestVideoFrameCallback(frame);
    else setTimeout(frame, 60); // Firefox before 132
  }

  function frame() {
    if (worker !== decoder) return; // discarded
    if (!busy && video.videoWidth) send();
    next();
  }

  function send() {
    // The middle square: where people hold the pass, and half the pixels.
    const side = Math.min(video.videoWidth, video.videoHeight);
    if (canvas.width !== side) canvas.width = canvas.height = side;
    const left = (video.videoWidth - side) / 2;
    const top = (video.videoHeight - side) / 2;
    pixels.drawImage(video, left, top, side, side, 0, 0, side, side);
    const { buffer } = pixels.getImageData(0, 0, side, side).data;
    busy = true;
    seenAt = performance.now();
    decoder.postMessage({ buffer, side }, [buffer]);
  }

  function fail() {
    discard();
    onFailure();
  }

  decoder.onerror = fail;
  decoder.onmessage = ({ data }) => {
    busy = false;
    if (data.failed) return fail();
    decoded(data.ms);
    if (data.text) onText(data.text, seenAt);
  };
  next();
}
