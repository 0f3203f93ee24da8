// What the camera may read: a pass (https://HOST/p#TOKEN), or the code that makes this phone a door
// (https://HOST/door#pair=CODE). Both are 16 letters of Crockford's base32.
const LETTERS = "[0-9A-HJKMNP-TV-Z]{16}";
const ADDRESS = new RegExp(`^https?://[^/?#\\s]+(?:/\\w\\w)?/p#(${LETTERS})$`, "i");
const PAIRING = new RegExp(`^https?://([^/?#\\s]+)(?:/\\w\\w)?/door#pair=(${LETTERS})$`, "i");
const TOKEN = new RegExp(`^${LETTERS}$`);

/** The token in what the camera read, or null. Any host: a pass outlives a change of address. */
export function fromCode(text) {
  return ADDRESS.exec(text)?.[1].toUpperCase() ?? null;
}

/** The pairing code in what the camera read, or null; of this site alone. */
export function pairingCode(text) {
  const [, host, code] = PAIRING.exec(text) ?? [];
  return host?.toLowerCase() === location.host ? code.toUpperCase() : null;
}

/** The token in what a person typed, or null: letters that look alike are taken as meant. */
export function fromTyping(text) {
  const typed = text.trim();
  const token = typed.toUpperCase().replace(/[\s-]/g, "").replace(/[IL]/g, "1").replace(/O/g, "0");
  return TOKEN.test(token) ? token : fromCode(typed);
}
