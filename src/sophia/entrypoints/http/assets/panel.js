/** The panel at the side: one thing at a time, beside the conversation or, on a phone, over it. */

import { get } from "./api.js";
import { announce, byId, h, pairs } from "./dom.js";
import * as evidence from "./evidence.js";
import { utf16 } from "./text.js";
import { inWords, words } from "./words.js";

const over = matchMedia("(width < 60rem)");

let opener = null;

/** Show something; `Esc` and the button close it, and the focus goes back to where it came from. */
export function openPanel(title, ...content) {
  const panel = byId("panel");
  if (panel.hidden || !panel.contains(document.activeElement)) opener = document.activeElement;
  byId("panel-title").textContent = title;
  byId("panel-body").replaceChildren(...content);
  byId("panel-body").scrollTop = 0;
  panel.hidden = false;
  shade();
  opener?.scrollIntoView({ block: "nearest" });
  byId("panel-title").focus();
}

export function closePanel() {
  if (byId("panel").hidden) return;
  const hadFocus = byId("panel").contains(document.activeElement);
  byId("panel").hidden = true;
  shade();
  if (hadFocus) opener?.focus();
}

/** What is covered, by the panel or by the list of threads, cannot be reached. */
export function shade() {
  const covered = over.matches && !byId("panel").hidden;
  for (const element of document.querySelectorAll("body > nav, body > .top, body > .skip")) element.inert = covered;
  document.querySelector("main").inert = covered || (over.matches && byId("threads").classList.contains("unfolded"));
}

/** Keep to what the window is now, and to what the keyboard asks for. */
export function watchPanel() {
  over.addEventListener("change", shade);
  byId("close-panel").addEventListener("click", closePanel);
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !document.querySelector("dialog[open]")) closePanel();
  });
}

/** Open what a citation quotes: the stored document at the words, or what a look-up has found at the row. */
export function openCitation(citation) {
  return citation.documentId.startsWith("ev_") ? openEvidence(citation) : openDocument(citation);
}

async function openEvidence(citation) {
  const body = h("div", { class: "found" }, h("p", { class: "note" }, words("loading")));
  openPanel(`${citation.index}. ${citation.title}`, h("div", { class: "facts" }, verdict(citation, "Row")), body);
  try {
    const found = await get(`/evidence/${citation.documentId}`);
    body.replaceChildren(evidence.facts(found), evidence.table(found, citation.verified ? citation : null));
    body.querySelector(".quoted")?.scrollIntoView({ block: "center", inline: "start" });
  } catch (problem) {
    showQuote(body, problem, "evidenceGone", citation);
  }
}

async function openDocument(citation) {
  const body = h("div", { class: "document", tabindex: "0", role: "region", "aria-label": words("document") }, words("loading"));
  openPanel(`${citation.index}. ${citation.title}`, facts(citation), body);
  const version = encodeURIComponent(citation.documentVersion);
  try {
    const { text, language } = await get(`/documents/${citation.documentId}?version=${version}`);
    const [{ start, end }] = utf16(text, [citation]);
    const mark = h("mark", { tabindex: "-1" }, text.slice(start, end));
    body.lang = language;
    body.replaceChildren(text.slice(0, start), mark, text.slice(end));
    mark.scrollIntoView({ block: "center" });
  } catch (problem) {
    showQuote(body, problem, "versionGone", citation);
  }
}

/** What is left to show where the thing itself cannot be. */
function showQuote(body, problem, gone, { quote }) {
  const told = problem.code === "not-found" ? words(gone) : inWords(problem);
  body.replaceChildren(h("p", {}, told), h("blockquote", {}, quote));
  announce(told);
}

/** Whether the quote stands there; `where` ends the names of the words that say so. */
function verdict({ verified }, where = "") {
  return h("p", { class: verified ? "verified" : "unverified" },
    h("span", { "aria-hidden": "true" }, verified ? "✓ " : "✗ "),
    words(`${verified ? "verified" : "unverified"}${where}`));
}

function facts(citation) {
  const isWeb = /^https?:\/\//i.test(citation.uri);
  const original = h("a", { href: citation.uri, target: "_blank", rel: "noopener noreferrer" }, words("original"));
  return h(
    "div",
    { class: "facts" },
    verdict(citation),
    pairs([
      [words("section"), citation.heading.join(" › ")],
      [words("source"), citation.source],
      [words("where"), isWeb ? original : citation.uri.replace(/^file:\/\/.*\//, "")],
      [words("version"), citation.documentVersion.slice(0, 19)],
    ]),
  );
}
