// A pass is 16 letters of Crockford's base32. Its QR code holds https://HOST/p#TOKEN.
const LETTERS = "[0-9A-HJKMNP-TV-Z]{16}";
const ADDRESS = new RegExp(`^https?://[^/?#\\s]+/p#(${LETTERS})$`, "i");
const TOKEN = new RegExp(`^${LETTERS}$`);

/** The token in what the camera read, or null. Any host: a pass outlives a change of address. */
export function fromCode(text) {
  return ADDRESS.exec(text)?.[1].toUpperCase() ?? null;
}

/** The token in what a person typed, or null: letters that look alike are taken as meant. */
export function fromTyping(text) {
  const typed = text.trim();
  const token = typed.toUpperCase().replace(/[\s-]/g, "").replace(/[IL]/g, "1").replace(/O/g, "0");
  return TOKEN.test(token) ? token : fromCode(typed);
}
