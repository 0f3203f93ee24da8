// What stays true for a while and needs a person: logged out, no camera, no connection.
// The sentences stand in the page; showing one tells a screen reader, and takes no tap.
import { $ } from "./config.js";

const notices = $("notices");

export function notice(name, on) {
  const line = notices.querySelector(`[data-notice="${name}"]`);
  if (line.hidden === on) line.hidden = !on;
}
