/** What a look-up has found: what was asked of whom, and the table. */

import { get } from "./api.js";
import { h, pairs } from "./dom.js";
import { problemBox } from "./problem.js";
import { utf16 } from "./text.js";
import { moment, words } from "./words.js";

// A row's line in the text that is quoted from comes after the columns and the line that rules them off.
const LINES_BEFORE = 2;
const NUMBER = /^-?\d+(?:[.,]\d+)?\s?%?$/;

/** A fold of one look-up, which is fetched when it is opened. */
export function lookup({ name, evidenceId, durationMs }) {
  const summary = h("summary", {}, words("lookedAt", { system: words(name), ms: durationMs }));
  const place = h("div", { class: "found" });
  const fold = h("details", { class: "lookup", ontoggle: open }, summary, place);
  return fold;

  async function open() {
    if (!fold.open || place.childElementCount > 0) return;
    place.replaceChildren(h("p", { class: "note" }, words("loading")));
    try {
      const found = await get(`/evidence/${evidenceId}`);
      place.replaceChildren(facts(found), table(found));
      fold.scrollIntoView({ block: "nearest" });
    } catch (problem) {
      place.replaceChildren(problem.code === "not-found" ? h("p", { class: "note" }, words("evidenceGone")) : problemBox(problem));
      fold.addEventListener("toggle", () => place.replaceChildren(), { once: true });
    }
  }
}

/** What was asked, of whom, when, and how much of the answer is here. */
export function facts({ source, query, range, rows, rowsSeen, cuts, takenAt, uri }) {
  const isWeb = /^https?:\/\//i.test(uri);
  return h("div", { class: "facts" }, pairs([
    [words("system"), source],
    [words("query"), h("code", {}, query)],
    [words("range"), range && words("fromTo", { start: moment(range.start), end: moment(range.end) })],
    [words("rows"), rowsSeen > rows.length ? words("rowsOf", { kept: rows.length, seen: rowsSeen }) : String(rows.length)],
    [words("cuts"), cuts.length > 0 && h("ul", {}, cuts.map(({ kind, detail }) => h("li", {}, words(`cut.${kind}`, { detail }))))],
    [words("takenAt"), moment(takenAt)],
    [words("where"), isWeb && h("a", { href: uri, target: "_blank", rel: "noopener noreferrer" }, words("original"))],
  ].map(([name, value]) => [name, value || null])));
}

/** The rows; those that a citation quotes are marked. */
export function table({ title, columns, rows, text }, quoted = null) {
  if (rows.length === 0) return h("p", { class: "note" }, words("noRows"));
  const [first, last] = quoted ? rowsOf(text, quoted) : [-1, -1];
  const counts = columns.map((_, column) => rows.every((row) => NUMBER.test(row[column])));
  const cell = (value, column, isQuoted) => h(
    "td", { class: counts[column] ? "number" : null }, isQuoted && value ? h("mark", {}, value) : value,
  );
  const line = (row, number) => {
    const isQuoted = first <= number && number <= last;
    return h("tr", { class: isQuoted ? "quoted" : null }, row.map((value, column) => cell(value, column, isQuoted)));
  };
  const head = columns.map((name, column) => h("th", { scope: "col", class: counts[column] ? "number" : null }, name));
  return h(
    "div",
    { class: "table", tabindex: "0", role: "group", "aria-label": title },
    h("table", {}, h("thead", {}, h("tr", {}, head)), h("tbody", {}, rows.map(line))),
  );
}

/** The first and the last row that a quote of the text touches; what is quoted of the head touches none. */
function rowsOf(text, quoted) {
  const [{ start, end }] = utf16(text, [quoted]);
  const line = (at) => text.slice(0, at).split("\n").length - 1 - LINES_BEFORE;
  return [Math.max(line(start), 0), line(Math.max(start, end - 1))];
}
