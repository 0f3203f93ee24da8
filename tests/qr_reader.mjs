// Reads a picture from standard input and writes the text of the QR code in it, with the decoder of the door.

import { readFileSync } from "node:fs";
import { prepareZXingModule, readBarcodes } from "zxing-wasm/reader";

const wasm = readFileSync(new URL("../node_modules/zxing-wasm/dist/reader/zxing_reader.wasm", import.meta.url));
prepareZXingModule({ overrides: { wasmBinary: wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.byteLength) } });
const found = await readBarcodes(new Blob([readFileSync(0)]), { formats: ["QRCode"], tryHarder: true });
process.stdout.write(JSON.stringify(found.map((code) => code.text)));
