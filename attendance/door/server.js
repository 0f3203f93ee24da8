// One way to ask the server something, and three ways for that to end:
// our JSON, LoggedOut, or any other error, which means "no answer, try again".
import { config } from "./config.js";

const PATIENCE_MS = 15_000; // bad wifi hangs more often than it fails

export class LoggedOut extends Error {}

/** Posts `body` as JSON, or without one gets. Only an answer of ours with a serverTime is returned. */
export async function ask(url, body) {
  const request = { credentials: "same-origin", cache: "no-store", redirect: "error" };
  if (body) {
    request.method = "POST";
    request.headers = { "Content-Type": "application/json", "X-CSRFToken": config.csrf };
    request.body = JSON.stringify(body);
  }
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), PATIENCE_MS);
  try {
    const response = await fetch(url, { ...request, signal: patience.signal });
    if (response.status === 401 || response.status === 403) throw new LoggedOut();
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    const answer = await response.json(); // the log-in page of someone else's wifi is no JSON
    if (!answer?.serverTime) throw new Error("not our server");
    return answer;
  } finally {
    clearTimeout(timer);
  }
}
