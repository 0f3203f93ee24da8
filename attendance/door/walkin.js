// The code on a kiosk's screen for who has no pass: another one every half minute, also without a connection.
// Reckoned as attendance/walk_ins.py does.
import { generate } from "lean-qr/nano";
import { $, config } from "./config.js";
import * as clock from "./clock.js";
import { keyFrom, sign } from "./hmac.js";

const STEP_MS = 30_000;
const LETTERS = 10;
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

const place = $("walk-in");
const canvas = $("walk-in-code");
const typed = $("walk-in-typed");
let drawn = "";

/** The code of this moment, 5 bits a letter from the top of HMAC-SHA256(key, number of the step). */
export async function codeAt(key, moment) {
  const step = new DataView(new ArrayBuffer(8));
  step.setBigUint64(0, BigInt(Math.floor(moment / STEP_MS)));
  const digest = new DataView(await sign(await keyFrom(key), step.buffer));
  let top = digest.getBigUint64(0);
  let code = "";
  for (let letter = 0; letter < LETTERS; letter += 1) {
    code += ALPHABET[Number(top >> 59n)];
    top = BigInt.asUintN(64, top << 5n);
  }
  return code;
}

function draw(code) {
  // With the quiet zone of 4 modules that ISO/IEC 18004 asks, and on white, whatever the page is.
  generate(`${config.walkIns}#${code}`).toCanvas(canvas, { off: [255, 255, 255] });
  typed.textContent = `${code.slice(0, 5)} ${code.slice(5)}`;
}

/** Shows the code of this moment while `key` is one, which is only while it opens the door. */
export async function showWalkIn(key) {
  place.hidden = !key;
  const code = key ? await codeAt(key, clock.now()) : "";
  if (code && code !== drawn) draw(code);
  drawn = code;
}
