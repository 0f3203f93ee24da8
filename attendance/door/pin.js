// The worker's PIN that ends the kiosk. Kept on this tablet as a slow hash (PBKDF2), and of no use elsewhere.
import { drop, keep, kept } from "./store.js";

const NAME = "pin";
const ROUNDS = 200_000;
const MOST_TRIES = 5;
const LOCKED_MS = 60_000;

export const isPin = (text) => /^\d{4,8}$/.test(text);

async function hash(pin, salt) {
  const key = await crypto.subtle.importKey("raw", new TextEncoder().encode(pin), "PBKDF2", false, ["deriveBits"]);
  const bits = await crypto.subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt, iterations: ROUNDS }, key, 256);
  return new Uint8Array(bits).join(" ");
}

export async function set(pin) {
  const salt = crypto.getRandomValues(new Uint8Array(16));
  await keep(NAME, { salt, hash: await hash(pin, salt), tries: 0, lockedUntil: 0 });
}

/** "right", "wrong" or "locked". Tries are counted on the disk, before looking: closing the page gives no new ones. */
export async function check(pin) {
  const known = await kept(NAME);
  if (!known) return "right"; // the browser was cleared: nothing is left to guard
  // A clock that was put back must not lock for ever.
  if (known.lockedUntil > Date.now() && known.lockedUntil <= Date.now() + LOCKED_MS) return "locked";
  const tries = known.tries + 1;
  const lockedUntil = tries >= MOST_TRIES ? Date.now() + LOCKED_MS : 0;
  await keep(NAME, { ...known, tries: lockedUntil ? 0 : tries, lockedUntil });
  if ((await hash(pin, known.salt)) !== known.hash) return lockedUntil ? "locked" : "wrong";
  await drop(NAME);
  return "right";
}
