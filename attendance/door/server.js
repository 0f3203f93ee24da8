// One way to ask the server something, and three ways for that to end:
// our JSON, NotAdmitted, or any other error, which means "no answer, try again".
const PATIENCE_MS = 15_000; // bad wifi hangs more often than it fails
const ONCE_MORE_MS = 1_500;

/** Nobody who keeps a door: a phone that was parted, or a worker who is logged out. */
export class NotAdmitted extends Error {}

let csrf = null;

/** What a signed-in worker's posts need; a paired phone needs none. */
export const useCsrf = (token) => (csrf = token ?? null);

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function attempt(url, body) {
  // The header shows that a script of ours asks: a form of another site cannot send it.
  const request = { cache: "no-store", redirect: "error", headers: { "X-Door": "1" } };
  request.signal = AbortSignal.timeout?.(PATIENCE_MS); // Chrome before 103 waits as long as it takes
  if (body) {
    request.method = "POST";
    request.headers["Content-Type"] = "application/json";
    if (csrf) request.headers["X-CSRFToken"] = csrf;
    request.body = JSON.stringify(body);
  }
  const response = await fetch(url, request);
  const answer = await response.json(); // the log-in page of someone else's wifi is no JSON, nor is what a filter says
  const isOurs = answer?.serverTime || response.headers.has("API-Version");
  if (isOurs && (response.status === 401 || response.status === 403)) throw new NotAdmitted();
  if (!response.ok || !answer?.serverTime) throw new Error("not our server");
  return answer;
}

/** Posts `body` as JSON, or without one gets. Only an answer of ours with a serverTime is returned. */
export async function ask(url, body) {
  try {
    return await attempt(url, body);
  } catch (error) {
    if (!(error instanceof NotAdmitted)) throw error;
    // The token may have changed under way, in an answer to a request beside this one.
    await pause(ONCE_MORE_MS);
    return attempt(url, body);
  }
}
