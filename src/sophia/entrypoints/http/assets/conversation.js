/** The conversation in the middle: what was said, what is being said, and the box to say something. */

import { after, begun, ended, shown } from "./answer.js";
import { ask, followRun, get, list, post } from "./api.js";
import { announce, byId, h } from "./dom.js";
import { problemBox } from "./problem.js";
import { inWords, words } from "./words.js";

/** The thread that is open (`id` is null for a new one), and what hangs up when it is left. */
let thread = { id: null, left: new AbortController() };
let liveRun = null;
let examples = [];
let onThreads = () => {};

export const currentThread = () => thread.id;

/** Open a thread, or a new one; a run of it that is under way is taken up. */
export async function openThread(id, title = "") {
  thread.left.abort();
  thread = { id, left: new AbortController() };
  setLive(null);
  const here = thread;
  const { signal } = here.left;
  entitle(title);
  byId("conversation").replaceChildren(id === null ? welcome() : h("p", { class: "note" }, words("loading")));
  if (id === null) return;
  try {
    const messages = await Array.fromAsync(list(`/threads/${id}/messages`, signal));
    const places = showMessages(messages);
    toEnd();
    settleInSight(places, signal);
  } catch (problem) {
    if (here === thread) byId("conversation").replaceChildren(problemBox(problem, again()));
  }
}

/** Make the box send, and the buttons do what they say. `whenThreads` is told when the list of threads has changed. */
export function watchConversation(whenThreads) {
  onThreads = whenThreads;
  byId("composer").addEventListener("submit", (event) => { event.preventDefault(); say(byId("message").value); });
  byId("stop").addEventListener("click", () => stop());
  byId("conversation").addEventListener("ticketnews", () => showNews());
  byId("conversation").addEventListener("reply", ({ detail }) => say(detail));
  byId("message").addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    byId("composer").requestSubmit();
  });
}

/** What somebody may ask who does not know what to ask. */
export function suggest(messages) {
  examples = messages;
}

function welcome() {
  const example = (text) => h("li", {}, h("button", { class: "quiet", onclick: () => say(text) }, text));
  return h(
    "section",
    { class: "welcome" },
    h("h2", {}, words("welcome")),
    h("p", {}, words("welcomeText")),
    examples.length > 0 && [h("p", { class: "note" }, words("examples")), h("ul", {}, examples.map(example))],
  );
}

function entitle(title) {
  byId("thread-title").textContent = title || words("newThread");
  document.title = title ? `${title} – SOPHIA` : "SOPHIA";
}

function question(text) {
  return h("article", { class: "question" }, h("h3", { class: "unseen" }, words("you")), h("p", {}, text));
}

/** What became of a ticket: text of others is in it, which stays text. */
function news({ messageId, text, language }) {
  return h(
    "article",
    { class: "news", "data-message": messageId },
    h("h3", { class: "unseen" }, words("ticketNews")),
    h("p", { lang: language }, text),
  );
}

/** Add what has become of tickets since the thread was shown. */
async function showNews() {
  const here = thread;
  const messages = await Array.fromAsync(list(`/threads/${here.id}/messages`, here.left.signal)).catch(() => []); // next time
  if (here !== thread) return;
  const shownAlready = new Set([...byId("conversation").querySelectorAll(".news")].map((one) => one.dataset.message));
  const fresh = messages.filter(({ role, messageId }) => role === "ticket" && !shownAlready.has(messageId));
  if (fresh.length === 0) return;
  const follows = isAtEnd();
  byId("conversation").append(...fresh.map(news));
  announce(fresh.map(({ text }) => text).join("\n"));
  if (follows) toEnd();
}

/** The messages of a thread; where each run's answer stands, by run. */
function showMessages(messages) {
  const answers = new Map(messages.filter(({ role }) => role === "assistant").map((one) => [one.runId, one]));
  const places = new Map();
  const turns = messages.filter(({ role }) => role !== "assistant").flatMap((message) => {
    if (message.role === "ticket") return [news(message)];
    const { text, runId } = message;
    const answer = answers.get(runId);
    // What is known before the run is read; its citations are not.
    places.set(runId, shown(answer ? { ...begun(), ...answer, phase: "completed" } : begun()));
    return [question(text), places.get(runId)];
  });
  byId("conversation").replaceChildren(...turns);
  return places;
}

/** Ask for a run's answer with its citations when it comes near the window: a long thread is not asked for at once. */
function settleInSight(places, signal) {
  const runs = new Map([...places].map(([runId, place]) => [place, runId]));
  const sight = new IntersectionObserver((entries) => {
    for (const { target } of entries.filter(({ isIntersecting }) => isIntersecting)) {
      sight.unobserve(target);
      settle(runs.get(target), target, signal);
    }
  }, { rootMargin: "50%" });
  for (const place of runs.keys()) sight.observe(place);
  signal.addEventListener("abort", () => sight.disconnect());
}

/** Show how a run ended, or how it goes on. */
async function settle(runId, place, signal) {
  const here = thread;
  try {
    const { status, answer, problem } = await get(`/runs/${runId}`, signal);
    const follows = isAtEnd();
    if (answer) place.replaceWith(shown(ended(answer)));
    else if (problem) place.replaceWith(shown(after(begun(), { name: "run.failed", data: { problem } })));
    else if (status === "cancelled") place.replaceWith(shown(after(begun(), { name: "run.cancelled" })));
    else {
      setLive({ runId });
      await play(followRun(runId, signal), place);
      return;
    }
    if (follows) toEnd();
  } catch (problem) {
    if (here === thread) place.append(problemBox(problem, again()));
  }
}

async function say(text) {
  const here = thread;
  if (!text.trim() || liveRun) return;
  byId("message").value = "";
  byId("message").focus();
  for (const old of byId("conversation").querySelectorAll(":scope > .welcome, :scope > .problem")) old.remove();
  const asked = question(text);
  const place = h("article");
  byId("conversation").append(asked, place);
  if (here.id === null) entitle(text);
  setLive({ runId: null });
  toEnd();
  const problem = await play(ask(text, here.id ?? undefined, here.left.signal), place);
  if (!problem) return;
  // No run: the message was not taken.
  byId("message").value ||= text;
  asked.remove();
  if (problem.code === "thread-busy") await openThread(here.id, byId("thread-title").textContent);
  if (problem.status === 401) return; // told already, where something can be done about it
  byId("conversation").append(problemBox(problem, h("p", {}, words("draft"))));
  toEnd();
}

/**
 * Show the events of a run as they come. What goes wrong is shown in the answer's place or, where there
 * is no run because the message was not taken, returned.
 */
async function play(events, place) {
  const here = thread;
  let answer = begun();
  let frame = null;
  const draw = () => {
    cancelAnimationFrame(frame);
    frame = null;
    const follows = isAtEnd();
    const drawn = shown(answer);
    place.replaceWith(drawn);
    place = drawn;
    if (follows) toEnd();
  };
  draw();
  announce(words("answering"));
  try {
    for await (const event of events) {
      if (event.name === "taken") setLive(event.data);
      if (event.name === "run.started") started(event.data);
      if (event.name === "waiting") announce(words("waiting"));
      answer = after(answer, event);
      frame ??= requestAnimationFrame(draw);
    }
  } catch (problem) {
    if (here !== thread) return null;
    if (!liveRun.runId) {
      place.remove();
      setLive(null);
      announce(inWords(problem));
      return problem;
    }
    answer = { ...answer, waiting: false, phase: "failed", problem };
  }
  if (here !== thread) return null;
  draw();
  setLive(null);
  announce({
    completed: () => words("answered", { text: told(place) }),
    cancelled: () => words("stopped"),
    failed: () => inWords(answer.problem),
  }[answer.phase]());
  if (answer.problem?.code === "network") place.append(again());
  onThreads();
  return null;
}

/** What a screen reader reads of an answer: the text, and what it does not tell. */
const told = (place) => [...place.querySelectorAll(".text, .limitations")].map((part) => part.innerText).join("\n");

function started({ runId, threadId }) {
  setLive({ runId });
  if (thread.id !== null) return;
  thread.id = threadId;
  history.replaceState(null, "", `?thread=${threadId}`);
  onThreads();
}

async function stop() {
  byId("stop").disabled = true;
  await post(`/runs/${liveRun.runId}/cancel`).catch((problem) => {
    byId("stop").disabled = false;
    byId("conversation").append(problemBox(problem));
    announce(inWords(problem));
  });
}

/** While a run is live there is something to stop, and nothing to send. */
function setLive(run) {
  const hadFocus = [byId("send"), byId("stop")].includes(document.activeElement);
  liveRun = run;
  byId("send").hidden = run !== null;
  byId("stop").hidden = run === null;
  byId("stop").disabled = !run?.runId;
  if (hadFocus) byId("message").focus();
}

const again = () => h("button", { class: "quiet", onclick: () => openThread(thread.id) }, words("again"));

const isAtEnd = () => innerHeight + scrollY >= document.documentElement.scrollHeight - 80;

function toEnd() {
  scrollTo({ top: document.documentElement.scrollHeight });
}
