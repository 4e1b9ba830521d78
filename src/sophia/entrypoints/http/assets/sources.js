/** Where the knowledge comes from, how old it is, what failed, and bringing it up to date. */

import { company, followRefresh, get, post } from "./api.js";
import { announce, h } from "./dom.js";
import { openPanel } from "./panel.js";
import { problemBox } from "./problem.js";
import { ago, words } from "./words.js";

let following = new AbortController();

/** Show the sources in the panel. */
export async function openSources() {
  const list = h("div", {}, h("p", { class: "note" }, words("loading")));
  const progress = h("div", { class: "refresh" });
  const button = h("button", { onclick: () => refresh(button, progress, list) }, words("refresh"));
  openPanel(words("sources"), list, button, progress);
  await showSources(list);
}

async function showSources(list) {
  try {
    const { items } = await get("/sources");
    list.replaceChildren(...(items.length > 0 ? items.map(shown) : [h("p", { class: "note" }, words("noSources"))]));
  } catch (problem) {
    list.replaceChildren(problemBox(problem));
  }
}

function shown({ name, documents, pendingChunks, refreshedAt, failures }) {
  const facts = [
    words("documents", { count: documents }),
    pendingChunks > 0 && words("pending", { count: pendingChunks }),
    refreshedAt ? words("refreshed", { ago: ago(refreshedAt) }) : words("neverRefreshed"),
  ];
  return h(
    "section",
    { class: "source" },
    h("h3", {}, name),
    h("p", { class: "note" }, facts.filter(Boolean).join(" · ")),
    failed(failures),
  );
}

function failed(failures) {
  const item = ({ externalId, reason }) => h(
    "li", {}, h("strong", {}, externalId || words("wholeSource")), ": ", h("span", { lang: "en" }, reason),
  );
  return failures.length > 0 && h(
    "details",
    { open: true },
    h("summary", {}, words("failures", { count: failures.length })),
    h("ul", {}, failures.map(item)),
  );
}

async function refresh(button, place, list) {
  following.abort();
  following = new AbortController();
  button.disabled = true;
  const bar = h("progress", { "aria-label": words("refreshing") });
  const told = h("p", { class: "note" }, words("refreshing"));
  place.replaceChildren(bar, told);
  announce(words("refreshing"));
  try {
    for await (const { name, data } of followRefresh(await begin(), following.signal)) {
      if (name === "waiting") told.textContent = words("waiting");
      if (name === "resumed") told.textContent = words("refreshing");
      if (name === "refresh.progress") {
        // Half of the way is to read the documents, half to embed what they hold.
        bar.max = 2 * data.documentsTotal * Math.max(data.chunksTotal, 1);
        bar.value = data.documents * Math.max(data.chunksTotal, 1) + data.chunks * data.documentsTotal;
        told.replaceChildren(words("progress", data), h("br"), data.current);
      }
      if (name === "refresh.completed") place.replaceChildren(h("p", {}, words("report", data.report)));
      if (name === "refresh.failed") place.replaceChildren(problemBox({ code: "refresh-failed", detail: data.problem }));
    }
  } catch (problem) {
    place.replaceChildren(problemBox(problem));
  }
  announce(place.textContent);
  button.disabled = false;
  await showSources(list);
}

/** Begin a refresh, or find the one that is under way. */
async function begin() {
  try {
    return (await post("/refresh", { companyId: company() })).refreshId;
  } catch (problem) {
    if (problem.code === "refresh-in-progress") return problem.refreshId;
    throw problem;
  }
}
