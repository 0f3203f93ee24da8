// The list by which this phone judges a pass without a connection: keyed marks of 8 bytes (attendance/pass_list.py).
import { config } from "./config.js";
import { bytes, keyFrom, sign } from "./hmac.js";
import * as outbox from "./outbox.js";
import { ask } from "./server.js";
import * as store from "./store.js";
import { hex } from "./uuid7.js";

const NAME = "passes";
const MARK = 8;
// What each list says of a pass that is on it.
const LISTS = { good: "known", revoked: "revoked_pass", expired: "expired_pass" };

let list = null; // { version, key, good, revoked, expired }

export async function restore() {
  list ??= (await store.kept(NAME)) ?? null;
}

/** Fetches the list if the server has another one by now. */
export async function update(version) {
  if (list?.version === version) return;
  const told = await ask(config.passes);
  const key = await keyFrom(told.key);
  const marks = Object.fromEntries(Object.keys(LISTS).map((name) => [name, bytes(told[name])]));
  list = { version: told.version, key, ...marks };
  await store.keep(NAME, list).catch(() => {}); // without storage it is there until the page closes
}

/** A phone that is no door any more has no business with it. */
export async function forget() {
  list = null;
  await store.drop(NAME);
}

async function keyed(parts) {
  const whole = await new Blob(parts).arrayBuffer();
  return new Uint8Array(await sign(list.key, whole)).subarray(0, MARK);
}

function holds(marks, mark) {
  let low = 0;
  let high = marks.length / MARK - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    let order = 0;
    for (let at = 0; at < MARK && order === 0; at += 1) order = mark[at] - marks[middle * MARK + at];
    if (order === 0) return true;
    if (order < 0) high = middle - 1;
    else low = middle + 1;
  }
  return false;
}

/** What this phone thinks of a pass: "known", "already_in", "unknown_pass", "revoked_pass" or "expired_pass";
 *  null without a list. With it a mark by which the same pass is known again at the same session, and nowhere else. */
export async function judge(token, session) {
  if (!list) return { verdict: null };
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token));
  const mark = hex(await keyed([digest, session ?? ""]));
  if (await outbox.isIn(mark)) return { verdict: "already_in", mark };
  const entry = await keyed([digest]);
  const name = Object.keys(LISTS).find((one) => holds(list[one], entry));
  return { verdict: name ? LISTS[name] : "unknown_pass", mark };
}
