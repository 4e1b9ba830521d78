/** SOPHIA's HTTP API, as `openapi.yaml` has it: requests, problems, and streams that go on where they were cut. */

/** What went wrong: `code` is the last part of an RFC 9457 type, or `network` when nothing was heard. */
export class Problem extends Error {
  constructor(code, { detail = "", status = 0, seconds = null, ...more } = {}) {
    super(`${code}: ${detail}`);
    Object.assign(this, { code, detail, status, seconds, runId: more.runId, refreshId: more.refreshId, limit: more.limit });
    this.request = more.instance;
  }

  static from(document, more = {}) {
    return new Problem(document.type.split(":").pop(), { ...document, ...more });
  }
}

/** Who asks: `{companyId, credential, userId}`. */
let identity = null;
export const company = () => identity.companyId;
let refused = () => {};

/** Ask as somebody from now on; `whenRefused` is told when their credential is not taken (any more). */
export function identify(who, whenRefused) {
  [identity, refused] = [who, whenRefused];
}

const ANSWERS_LAST = new Set(["run.completed", "run.failed", "run.cancelled"]);
const REFRESHES_LAST = new Set(["refresh.completed", "refresh.failed"]);

// Seconds before each try to take a stream up again; an event that comes through starts them anew.
const PAUSES = [0.3, 1, 2, 4, 8, 15, 30];
// The server says something every 15 seconds: one that is silent for so long is not there any more.
const SILENCE = 40;

export const get = async (path, signal) => (await send(path, { signal })).json();
export const remove = (path) => send(path, { method: "DELETE" });
export const post = async (path, body) => (await send(path, { method: "POST", body })).json();

/** Every item of a list, page by page. */
export async function* list(path, signal) {
  for (let cursor = ""; cursor !== null;) {
    const page = await get(`${path}?limit=100${cursor && `&cursor=${encodeURIComponent(cursor)}`}`, signal);
    yield* page.items;
    cursor = page.nextCursor;
  }
}

/**
 * Ask, and hear the events of the answer, after one of our own: `taken`, with the `runId`. Asking twice does no harm: the key makes both the same request.
 * Raises `thread-busy` (with its `runId`) when the message was not taken.
 */
export async function* ask(message, threadId, signal) {
  const key = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const body = { companyId: company(), message, threadId, stream: true };
  for (let tries = 0; ; tries += 1) {
    try {
      const response = await send("/chat", { method: "POST", body, signal, headers: { "Idempotency-Key": key } });
      const path = response.headers.get("Location");
      yield { name: "taken", data: { runId: path.split("/").pop() } };
      yield* listen(`${path}/events`, ANSWERS_LAST, signal, response);
      return;
    } catch (problem) {
      if (problem.code === "request-in-progress") {
        yield { name: "taken", data: { runId: problem.runId } };
        yield* followRun(problem.runId, signal);
        return;
      }
      if (problem.code !== "network" || tries === PAUSES.length) throw problem;
    }
    yield { name: "waiting" };
    await pause(PAUSES[tries], signal);
  }
}

/** The events of a run, from the first one. */
export const followRun = (runId, signal) => listen(`/runs/${runId}/events`, ANSWERS_LAST, signal);

/** The events of a refresh, from the first one. */
export const followRefresh = (refreshId, signal) => listen(`/refresh/${refreshId}/events`, REFRESHES_LAST, signal);

/**
 * The events of a log up to its last one, each once and in order. Where the stream is cut, it is taken up again
 * after the last event that was heard; events of our own, `waiting` and `resumed`, tell of it.
 */
async function* listen(path, lasts, signal, response = null) {
  let heard = 0;
  for (let tries = 0; ; tries += 1) {
    let seconds = 0;
    try {
      response ??= await send(path, { signal, headers: heard ? { "Last-Event-ID": heard } : {} });
      if (tries > 0) yield { name: "resumed" };
      for await (const event of parse(response.body)) {
        [heard, tries] = [event.id, 0];
        yield event;
        if (lasts.has(event.name)) return;
      }
    } catch (problem) {
      const passes = problem instanceof Problem && (problem.status === 0 || problem.status === 429 || problem.status >= 500);
      if (!passes || tries === PAUSES.length) throw problem;
      seconds = problem.seconds;
    }
    // A stream that ends before its last event was cut, too.
    if (tries === PAUSES.length) throw new Problem("network");
    response = null;
    yield { name: "waiting" };
    await pause(Math.max(PAUSES[tries], seconds), signal);
  }
}

/** Server-sent events (WHATWG HTML, 9.2), as far as SOPHIA sends them: `id`, `event` and one line of `data`. */
async function* parse(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let timer;
  let listenOn;
  const silence = new Promise((_, reject) => {
    listenOn = () => {
      clearTimeout(timer);
      timer = setTimeout(reject, SILENCE * 1000, new Problem("network"));
    };
  });
  try {
    for (let left = ""; ;) {
      listenOn();
      const { value, done } = await Promise.race([reader.read(), silence]).catch(asProblem);
      if (done) return;
      const blocks = (left + value).split("\n\n");
      left = blocks.pop();
      for (const block of blocks) {
        const field = Object.fromEntries(block.split("\n").map((line) => line.split(/: (.*)/s, 2)));
        if (field.data) yield { id: Number(field.id), name: field.event, data: JSON.parse(field.data) };
      }
    }
  } finally {
    clearTimeout(timer);
    reader.cancel().catch(() => undefined); // it may have been cut already
  }
}

async function send(path, { method = "GET", body, headers = {}, signal } = {}) {
  const response = await fetch(path, {
    method,
    body: body && JSON.stringify(body),
    headers: { ...credentials(), ...(body && { "Content-Type": "application/json" }), ...headers },
    credentials: "omit",
    signal,
  }).catch(asProblem);
  if (response.ok) return response;
  if (response.status === 401) refused();
  const document = await response.json().catch(() => ({ type: "other", detail: `HTTP ${response.status}` }));
  const seconds = Number(response.headers.get("Retry-After")) || null;
  throw Problem.from(document, { status: response.status, seconds });
}

function credentials() {
  const { credential, userId } = identity;
  if (/^[\w-]+\.[\w-]+\.[\w-]+$/.test(credential)) return { Authorization: `Bearer ${credential}` };
  // A header's characters are bytes; SOPHIA reads them as UTF-8.
  const user = userId && { "X-User-Id": String.fromCharCode(...new TextEncoder().encode(userId)) };
  return { "X-Agent-Access-Key": credential, ...user };
}

/** An error of the network, unless we hung up ourselves. */
function asProblem(error) {
  throw error.name === "AbortError" ? error : new Problem("network");
}

/** Wait, but no longer than until the network is there again. */
function pause(seconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(end, seconds * 1000);
    addEventListener("online", end);
    signal.addEventListener("abort", end);

    function end() {
      clearTimeout(timer);
      removeEventListener("online", end);
      signal.removeEventListener("abort", end);
      if (signal.aborted) reject(signal.reason);
      else resolve();
    }
  });
}
