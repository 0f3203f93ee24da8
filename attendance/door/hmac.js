// HMAC-SHA256, with the keys that the server gives this phone.
export const bytes = (base64) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));

/** Not extractable: what is kept can be used on this phone, and not be copied from it by a script. */
export const keyFrom = (base64) =>
  crypto.subtle.importKey("raw", bytes(base64), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);

export const sign = (key, data) => crypto.subtle.sign("HMAC", key, data);
