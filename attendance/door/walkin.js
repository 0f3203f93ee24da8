// The code on a kiosk's screen for who has no pass: another one every half minute, also without a connection.
// Reckoned as attendance/walk_ins.py does.
import { generate } from "lean-qr/nano";
import { $, config } from "./config.js";
import * as clock from "./clock.js";

const STEP_MS = 30_000;
const LETTERS = 10;
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const QUIET_ZONE = 4; // modules, as ISO/IEC 18004 asks

const place = $("walk-in");
const canvas = $("walk-in-code");
const typed = $("walk-in-typed");
let drawn = "";

const bytes = (base64) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));

/** The code of this moment, 5 bits a letter from the top of HMAC-SHA256(key, number of the step). */
export async function codeAt(key, moment) {
  const step = new DataView(new ArrayBuffer(8));
  step.setBigUint64(0, BigInt(Math.floor(moment / STEP_MS)));
  const usable = await crypto.subtle.importKey("raw", bytes(key), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const digest = new DataView(await crypto.subtle.sign("HMAC", usable, step.buffer));
  let top = digest.getBigUint64(0);
  let code = "";
  for (let letter = 0; letter < LETTERS; letter += 1) {
    code += ALPHABET[Number(top >> 59n)];
    top = BigInt.asUintN(64, top << 5n);
  }
  return code;
}

function draw(code) {
  const modules = generate(`${config.walkIns}#${code}`);
  const side = modules.size + 2 * QUIET_ZONE;
  canvas.width = canvas.height = side;
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, side, side);
  pen.fillStyle = "#000";
  for (let y = 0; y < modules.size; y += 1) {
    for (let x = 0; x < modules.size; x += 1) {
      if (modules.get(x, y)) pen.fillRect(x + QUIET_ZONE, y + QUIET_ZONE, 1, 1);
    }
  }
  typed.textContent = `${code.slice(0, 5)} ${code.slice(5)}`;
}

/** Shows the code of this moment while `key` is one, which is only while a session is on. */
export async function showWalkIn(key) {
  place.hidden = !key;
  const code = key ? await codeAt(key, clock.now()) : "";
  if (code && code !== drawn) draw(code);
  drawn = code;
}
