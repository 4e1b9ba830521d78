/** An answer's text as nodes: a little Markdown, citation markers, and marked stretches. */

import { h } from "./dom.js";
import { words } from "./words.js";

const FENCE = /^(```+|~~~+)/;
const ITEM = /^\s*(?:[-*•]|(\d{1,3})[.)])\s+/;
const HEADING = /^#{1,6}\s+/;
const ROW = /^\s*\|.*\|\s*$/;
const RULE = /^\s*\|(?:\s*:?-+:?\s*\|)+\s*$/;
const INLINE = /`([^`\n]+)`|\*\*(?=\S)([^\n]+?)\*\*|\[(\d+)\]/dg;

/** Ranges in code points, as the API counts, as ranges in UTF-16 units, as JavaScript counts. */
export function utf16(text, ranges) {
  const units = [0];
  for (const character of text) units.push(units.at(-1) + character.length);
  const at = (point) => units[Math.min(point, units.length - 1)];
  return ranges.map((range) => ({ ...range, start: at(range.start), end: at(range.end) }));
}

/**
 * Text with `marked` stretches (UTF-16 ranges in order, apart) and citation markers as nodes.
 * `cite(index)` and `mark(text, isLast)` make what stands for them.
 */
export function rendered(text, { marked = [], cite, mark }) {
  const blocks = [];
  let list = null;
  let paragraph = null;
  let code = null;
  let table = null;
  const endOf = (start) => (text.indexOf("\n", start) + 1 || text.length + 1) - 1;
  for (let start = 0, end; start <= text.length; start = end + 1) {
    end = endOf(start);
    const line = text.slice(start, end);
    const item = ITEM.exec(line);
    const fence = FENCE.exec(line)?.[1];
    if (code) {
      if (fence && code.fence.startsWith(fence[0])) code = null;
      else code.element.append(...plain(start, end), "\n");
    } else if (fence) {
      code = { fence, element: h("code") };
      blocks.push(h("pre", { tabindex: "0" }, code.element));
      list = paragraph = null;
    } else if (table && ROW.test(line)) {
      if (!RULE.test(line)) table.append(h("tr", {}, cells(start, end, "td")));
    } else if (ROW.test(line) && RULE.test(text.slice(end + 1, endOf(end + 1)))) {
      table = h("tbody");
      const head = h("thead", {}, h("tr", {}, cells(start, end, "th", { scope: "col" })));
      blocks.push(h("div", { class: "table", tabindex: "0", role: "group", "aria-label": words("table") }, h("table", {}, head, table)));
      list = paragraph = null;
      continue;
    } else if (!line.trim()) {
      paragraph = null;
    } else if (item) {
      const tag = item[1] ? "ol" : "ul";
      if (list?.localName !== tag) blocks.push(list = h(tag, { start: item[1] }));
      list.append(h("li", {}, inline(start + item[0].length, end)));
      paragraph = null;
    } else {
      const heading = HEADING.exec(line)?.[0].length ?? 0;
      if (!paragraph || heading) blocks.push(paragraph = h("p", { class: heading ? "heading" : null }));
      else paragraph.append("\n");
      paragraph.append(...inline(start + heading, end));
      list = null;
      if (heading) paragraph = null;
    }
    if (!ROW.test(line)) table = null;
  }
  return blocks;

  function cells(start, end, tag, attributes = {}) {
    const made = [];
    const pipes = Array.from(text.slice(start, end).matchAll(/(?<!\\)\|/g), ({ index }) => start + index);
    for (const [number, pipe] of pipes.slice(1).entries()) {
      const cell = text.slice(pipes[number] + 1, pipe);
      const from = pipes[number] + 1 + cell.length - cell.trimStart().length;
      const nodes = inline(from, Math.max(from, pipe - cell.length + cell.trimEnd().length));
      made.push(h(tag, attributes, nodes.map((node) => (typeof node === "string" ? node.replaceAll("\\|", "|") : node))));
    }
    return made;
  }

  function inline(base, end) {
    const nodes = [];
    let start = base;
    for (const found of text.slice(base, end).matchAll(INLINE)) {
      const place = (group) => found.indices[group].map((at) => base + at);
      const [from, to] = place(0);
      nodes.push(...plain(start, from));
      if (found[1]) nodes.push(h("code", {}, plain(...place(1))));
      else if (found[2]) nodes.push(h("strong", {}, inline(...place(2))));
      else nodes.push(cite(Number(found[3])) ?? found[0]);
      start = to;
      if (nodes.at(-1).matches?.(".cite")) {
        // A line may not begin with what ends a sentence.
        start += /^[.,;:!?)»”"]*/.exec(text.slice(to, end))[0].length;
        nodes.push(h("span", { class: "kept" }, nodes.pop(), plain(to, start)));
      }
    }
    return [...nodes, ...plain(start, end)];
  }

  function plain(start, end) {
    const nodes = [];
    for (const range of marked.filter((range) => range.start < end && range.end > start)) {
      if (range.start > start) nodes.push(text.slice(start, range.start));
      start = Math.max(start, range.start);
      nodes.push(mark(text.slice(start, Math.min(range.end, end)), range.end <= end));
      start = Math.min(range.end, end);
    }
    if (start < end) nodes.push(text.slice(start, end));
    return nodes;
  }
}
