/** One answer: what its events make of it, and how it looks. */

import { get } from "./api.js";
import { byId, h, pairs } from "./dom.js";
import { lookup } from "./evidence.js";
import { openCitation } from "./panel.js";
import { problemBox } from "./problem.js";
import { rendered, utf16 } from "./text.js";
import { words } from "./words.js";

const BLANK = { text: "", citations: [], unsupported: [], toolCalls: [], handoffs: [], limitations: [] };

// What SOPHIA reads as a plain yes and a plain no, in the languages in which she asks.
const REPLIES = { es: ["Sí", "No"], en: ["Yes", "No"] };

// What may go better the next time.
const PASSING = new Set(["unavailable", "interrupted", "failed", "internal"]);

// Seconds between looks at a ticket that is not done with; the last ones again and again.
const LOOKS = [1, 2, 4, 8, 16, 32, 60];

const isDone = ({ status, state }) => status === "rejected" || state === "resolved" || state === "rejected";

/** An answer that nothing is known of yet. */
export const begun = () => ({ ...BLANK, phase: "live", waiting: false, using: null });

/** An answer as it was stored. */
export const ended = (answer) => ({ ...begun(), ...answer, text: answer.answer, phase: "completed" });

/** The answer after one more event. */
export function after(answer, { name, data }) {
  const next = { ...answer, waiting: name === "waiting" };
  switch (name) {
    case "run.started": return { ...begun(), runId: data.runId, threadId: data.threadId };
    case "message.delta": return { ...next, text: next.text + data.text, using: null };
    case "tool.started": return { ...next, using: data.name };
    case "tool.finished": return { ...next, using: null };
    case "citation": return { ...next, citations: [...next.citations, data] };
    case "handoff": return { ...next, handoffs: [...next.handoffs, data] };
    case "run.completed": return ended(data);
    case "run.failed": return { ...next, phase: "failed", problem: { ...data.problem, code: data.problem.type.split(":").pop() } };
    case "run.cancelled": return { ...next, phase: "cancelled" };
    default: return next;
  }
}

/** The article that shows an answer. */
export function shown(answer) {
  const marked = utf16(answer.text, answer.unsupported);
  const text = rendered(answer.text, { marked, cite: (index) => marker(answer, index), mark: unsupported });
  return h(
    "article",
    { class: "answer", "aria-busy": String(answer.phase === "live") },
    h("h3", { class: "unseen" }, "SOPHIA"),
    h("div", { class: "text", lang: answer.language }, text),
    marked.length > 0 && h("p", { class: "note" }, words("unsupported")),
    answer.phase === "live" && h("p", { class: "progress" }, progress(answer)),
    answer.phase === "cancelled" && h("p", { class: "note" }, words("stopped")),
    answer.phase === "failed" && problemBox(answer.problem, PASSING.has(answer.problem.code) && retry()),
    answer.handoffs.map((handoff) => handoffCard(handoff, answer.language)),
    answer.limitations.length > 0 && limitations(answer),
    answer.citations.length > 0 && citations(answer),
    found(answer.toolCalls.filter(({ evidenceId }) => evidenceId)),
    tools(answer.toolCalls.filter(({ evidenceId }) => !evidenceId)),
  );
}

function progress({ waiting, using }) {
  if (waiting) return words("waiting");
  return using ? words("using", { name: words(using) }) : words("answering");
}

function marker({ citations: all, phase }, index) {
  const citation = all.find((one) => one.index === index);
  // Citations come after the text that they belong to.
  if (!citation) return phase === "live" ? h("span", { class: "cite" }, String(index)) : null;
  const label = words("cite", { index, title: citation.title });
  const kind = citation.verified ? "cite" : "cite unverified";
  return h("button", { class: kind, "aria-label": label, onclick: () => openCitation(citation) }, String(index));
}

function unsupported(text, isLast) {
  return h("span", { class: "unsupported" }, text, isLast && h("span", { class: "unseen" }, ` ${words("unsupportedHere")} `));
}

/** Citations of one section look alike: these are told apart by what they quote. */
const isAlone = (citation, all) => all.filter(({ title, heading }) => title === citation.title && heading.at(-1) === citation.heading.at(-1)).length === 1;

function citations({ citations: all }) {
  const item = (citation) => h(
    "li",
    {},
    h(
      "button",
      { class: "quiet", onclick: () => openCitation(citation) },
      h("span", { class: "number" }, `${citation.index}. `),
      h("span", {}, h("cite", {}, citation.title), citation.heading.length > 0 && ` › ${citation.heading.at(-1)}`,
        !isAlone(citation, all) && h("span", { class: "quoted" }, citation.quote)),
      h("span", { class: citation.verified ? "verified" : "unverified" },
        h("span", { "aria-hidden": "true" }, citation.verified ? " ✓" : " ✗"),
        h("span", { class: "unseen" }, `. ${words(citation.verified ? "verified" : "unverified")}`)),
    ),
  );
  return h("section", { class: "citations" }, h("h4", {}, words("citations")), h("ol", {}, all.map(item)));
}

function limitations({ limitations: all, language }) {
  const items = all.map((one) => h("li", { lang: language }, one));
  return h("section", { class: "limitations" }, h("h4", {}, words("limitations")), h("ul", {}, items));
}

function found(calls) {
  return calls.length > 0 && h("section", { class: "lookups" }, h("h4", {}, words("lookups")), calls.map(lookup));
}

function tools(calls) {
  if (calls.length === 0) return null;
  const item = ({ name, status, durationMs }) => h("li", {}, words("tool", { name, status: words(status), ms: durationMs }));
  return h("details", { class: "tools" }, h("summary", {}, words("tools", { count: calls.length })), h("ul", {}, calls.map(item)));
}

function handoffCard(handoff, language) {
  const own = (text) => text && h("span", { lang: language }, text);
  const facts = ({ externalId, status, reason, state, note }) => pairs([
    [words("number"), externalId ?? handoff.ticketId],
    [words("category"), words(handoff.category)],
    [words("status"), status && words(status)],
    [words("summary"), own(handoff.summary)],
    [words("reason"), own(reason ?? handoff.reason)],
    [words("state"), state && words(state)],
    [words("note", { target: handoff.target }), note],
  ]);
  const told = h("div", {}, facts(handoff));
  if (handoff.ticketId) follow(handoff, told, (ticket) => told.replaceChildren(facts(ticket)));
  const title = h("h4", {}, words(handoff.decision, { target: handoff.target }));
  const asks = handoff.decision === "confirmation_required" && yesOrNo(language);
  return h("section", { class: `handoff ${handoff.decision}` }, title, told, asks);
}

// What can be said by a click; the style sheet shows it under the last answer only.
const yesOrNo = (language) => h("p", { class: "replies" }, (REPLIES[language] ?? REPLIES.es).map((word) => reply(word, () => word, language)));
const retry = () => h("p", { class: "replies" }, reply(words("askAgain"), questionBefore));

function reply(label, said, language = null) {
  const say = ({ target }) => target.dispatchEvent(new CustomEvent("reply", { bubbles: true, detail: said(target) }));
  return h("button", { class: "quiet", lang: language, onclick: say }, label);
}

/** The words that the answer around an element should have answered. */
const questionBefore = (element) => element.closest(".answer").previousElementSibling.querySelector("p").textContent;

/** Look at a ticket until it is done with or the card has left the page. What is new stands in the thread, too. */
async function follow({ ticketId, status }, card, show) {
  let known = `${status} 0`;
  for (let looks = 0; ; looks += 1) {
    await new Promise((resolve) => { setTimeout(resolve, LOOKS[Math.min(looks, LOOKS.length - 1)] * 1000); });
    if (!byId("conversation").contains(card)) return;
    const ticket = !document.hidden && await get(`/tickets/${ticketId}`).catch(() => null); // it will be looked at again
    if (!ticket) continue;
    show(ticket);
    if (known !== `${ticket.status} ${ticket.version}`) byId("conversation").dispatchEvent(new Event("ticketnews"));
    known = `${ticket.status} ${ticket.version}`;
    if (isDone(ticket)) return;
  }
}
