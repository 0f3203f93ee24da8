// What a sign sounds and feels like. The outcomes differ in pitch, length and number, so that
// a worker who looks at the child and not at the phone still knows.
const FEEDBACK = {
  counted: { notes: [[1047, 0.09], [1568, 0.16]], loud: 0.35, wave: "triangle", buzz: [90] },
  kept: { notes: [[740, 0.07]], loud: 0.25, wave: "sine", buzz: [35] },
  already_in: { notes: [[784, 0.1], [784, 0.1]], loud: 0.2, wave: "sine", buzz: [40, 60, 40] },
  voided: { notes: [[880, 0.09], [587, 0.12]], loud: 0.2, wave: "sine", buzz: [40] },
  paired: { notes: [[784, 0.09], [1047, 0.09], [1568, 0.2]], loud: 0.3, wave: "triangle", buzz: [60, 40, 120] },
  unknown_kept: { notes: [[523, 0.12], [440, 0.18]], loud: 0.3, wave: "triangle", buzz: [100, 60, 100] },
};
const ATTENTION = { notes: [[220, 0.16], [165, 0.26]], loud: 0.35, wave: "square", buzz: [180, 80, 180] };

let audio = null;

/** Browsers allow sound only after a tap: call this from one. */
export function unlockSound() {
  if (!window.AudioContext) return;
  audio ??= new AudioContext();
  if (audio.state !== "running") audio.resume();
  // iPhones: heard with the mute switch on, for this is the worker's own tool.
  if (navigator.audioSession) navigator.audioSession.type = "playback";
}

function play({ notes, loud, wave }) {
  if (!audio) return;
  if (audio.state !== "running") audio.resume(); // a phone that slept, or a call that came in
  let start = audio.currentTime;
  for (const [pitch, seconds] of notes) {
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    tone.type = wave;
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(loud, start);
    volume.gain.exponentialRampToValueAtTime(0.001, start + seconds);
    tone.connect(volume).connect(audio.destination);
    tone.start(start);
    tone.stop(start + seconds);
    start += seconds;
  }
}

export function give(kind) {
  const feedback = FEEDBACK[kind] ?? ATTENTION;
  play(feedback);
  navigator.vibrate?.(feedback.buzz); // Android only
}
