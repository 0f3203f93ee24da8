// A camera that a test draws on: fakeCamera.show(modules) holds up a code now, in any browser engine.
// It has a lamp and a sister, can be refused, can end by itself, and writes down what it is asked.
(() => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 1280, height: 720 });
  const pen = canvas.getContext("2d");
  const QUIET_ZONE = 4;
  let shown = null;
  let flicker = false;

  function draw() {
    pen.fillStyle = "#777";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    // A stream has a new frame only when something was drawn that was not there before.
    flicker = !flicker;
    pen.fillStyle = flicker ? "#777" : "#788";
    pen.fillRect(0, 0, 4, 4);
    if (!shown) return;
    const whole = shown.length + 2 * QUIET_ZONE;
    const size = Math.floor(600 / whole);
    const left = (canvas.width - whole * size) / 2;
    const top = (canvas.height - whole * size) / 2;
    pen.fillStyle = "#fff";
    pen.fillRect(left, top, whole * size, whole * size);
    pen.fillStyle = "#000";
    shown.forEach((row, y) =>
      row.forEach((dark, x) => {
        if (dark) pen.fillRect(left + (x + QUIET_ZONE) * size, top + (y + QUIET_ZONE) * size, size, size);
      }),
    );
  }
  setInterval(draw, 50);
  draw();

  const camera = { asked: [], lamp: null, refuse: null, track: null, awake: 0 };
  camera.show = (modules) => {
    shown = modules;
    draw();
  };
  window.fakeCamera = camera;

  // Of the class: WebKit forgets what is put on an object that no script holds.
  const media = MediaDevices.prototype;
  media.getUserMedia = async (constraints) => {
    camera.asked.push(constraints);
    if (camera.refuse) throw new DOMException("", camera.refuse);
    const stream = canvas.captureStream(30);
    const [track] = stream.getVideoTracks();
    const deviceId = constraints.video.deviceId?.exact ?? "back";
    track.getCapabilities = () => ({ torch: deviceId === "back" });
    track.getSettings = () => ({ deviceId });
    track.applyConstraints = async ({ advanced }) => {
      camera.lamp = advanced[0].torch;
    };
    camera.track = track;
    return stream;
  };
  media.enumerateDevices = async () =>
    ["back", "front"].map((deviceId) => ({ kind: "videoinput", deviceId, label: deviceId }));
  if (window.WakeLock) {
    WakeLock.prototype.request = async () => {
      camera.awake += 1;
    };
  }
})();
