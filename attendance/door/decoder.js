// A worker: pixels in, text out. It keeps the page free for the video, and it alone may run
// WebAssembly (its own answer carries that permission, the page's does not).
import { prepareZXingModule, readBarcodes } from "zxing-wasm/reader";

const wasm = new URL(location.href).searchParams.get("wasm");
prepareZXingModule({ overrides: { locateFile: () => wasm }, fireImmediately: true });

// Measured on frames of bad screens and poor light: a smaller copy finds more and costs little,
// turned copies find nothing more.
const options = {
  formats: ["QRCode"],
  maxNumberOfSymbols: 1,
  tryRotate: false,
  downscaleThreshold: 300,
  downscaleFactor: 2,
};

onmessage = async ({ data: { buffer, side } }) => {
  const started = performance.now();
  try {
    const image = new ImageData(new Uint8ClampedArray(buffer), side, side);
    const [found] = await readBarcodes(image, options);
    const text = found?.isValid ? found.text : ""; // an empty text is no code either
    postMessage({ text, ms: performance.now() - started });
  } catch {
    postMessage({ failed: true });
  }
};
