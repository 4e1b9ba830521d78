/** What went wrong. */

import { h } from "./dom.js";
import { inWords } from "./words.js";

/** A problem in words, with what the server said of it, for whoever looks after it. */
export function problemBox(problem, more = []) {
  const said = [problem.detail, problem.request].filter(Boolean).join(" · ");
  return h("div", { class: "problem" }, h("p", {}, inWords(problem)), more, said && h("p", { class: "detail", lang: "en" }, said));
}
