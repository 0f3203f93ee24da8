// How fast scanning is, for who measures from outside. Holds nothing about passes.
const MOST = 1_000;

window.door = { frames: 0, decoding: [], verdicts: [] }; // times in milliseconds

function note(list, milliseconds) {
  list.push(milliseconds);
  if (list.length > MOST) list.shift();
}

export function decoded(milliseconds) {
  window.door.frames += 1;
  note(window.door.decoding, milliseconds);
}

/** From the frame in which a code was seen to the first sign about it. */
export function measured(seenAt) {
  if (seenAt !== null) note(window.door.verdicts, performance.now() - seenAt);
}
