// UUID version 7 (RFC 9562): 48 bits of Unix milliseconds, then chance.
let last = 0;

export const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Later calls on this page give greater ids, so the order of ids is the order of scanning. */
export function uuid7() {
  last = Math.max(last + 1, Date.now());
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, Math.floor(last / 0x10000));
  view.setUint16(4, last % 0x10000);
  bytes[6] = 0x70 | (bytes[6] & 0x0f); // version
  bytes[8] = 0x80 | (bytes[8] & 0x3f); // variant
  return hex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
