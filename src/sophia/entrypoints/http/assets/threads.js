/** The list of the caller's threads: opening, beginning and deleting them. */

import { get, remove } from "./api.js";
import { currentThread, openThread } from "./conversation.js";
import { announce, byId, h } from "./dom.js";
import { shade } from "./panel.js";
import { problemBox } from "./problem.js";
import { inWords, words } from "./words.js";

const PAGE = 30;

let shownPages = 1;

/** Show the newest threads, as many pages as were asked for. */
export async function showThreads() {
  const threads = [];
  let cursor = "";
  try {
    for (let page = 0; page < shownPages && cursor !== null; page += 1) {
      const found = await get(`/threads?limit=${PAGE}${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
      threads.push(...found.items);
      cursor = found.nextCursor;
    }
  } catch (problem) {
    byId("thread-list").replaceChildren(h("li", { class: "note" }, inWords(problem)));
    return;
  }
  const focused = document.activeElement?.getAttribute("href");
  const items = threads.map(item);
  byId("thread-list").replaceChildren(...(items.length > 0 ? items : [h("li", { class: "note" }, words("noThreads"))]));
  byId("more-threads").hidden = cursor === null;
  if (focused) byId("thread-list").querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
}

/** Open a thread and say so in the address, so that a reload and the way back lead to it. */
export async function goTo(id, title) {
  history.pushState(null, "", id === null ? location.pathname : `?thread=${id}`);
  await show(id, title);
  byId(id === null ? "message" : "thread-title").focus();
}

/** Open the thread that the address names. */
export function followAddress() {
  const id = new URLSearchParams(location.search).get("thread");
  const title = [...byId("thread-list").querySelectorAll("a")].find((link) => link.search === `?thread=${id}`)?.textContent;
  return show(id, title);
}

/** Make the buttons of the list do what they say. */
export function watchThreads() {
  byId("new-thread").addEventListener("click", () => goTo(null));
  byId("more-threads").addEventListener("click", () => { shownPages += 1; showThreads(); });
  byId("show-threads").addEventListener("click", () => unfold(byId("show-threads").ariaExpanded !== "true"));
  byId("threads").addEventListener("keydown", (event) => {
    if (event.key === "Escape" && byId("show-threads").ariaExpanded === "true") unfold(false);
  });
  document.body.addEventListener("click", ({ target }) => {
    const isOpen = byId("show-threads").ariaExpanded === "true";
    if (isOpen && !target.closest("#threads, #show-threads, #panel, dialog")) unfold(false);
  });
  addEventListener("popstate", followAddress);
}

/** On a narrow screen the list is folded away. */
export function unfold(open) {
  byId("show-threads").ariaExpanded = String(open);
  byId("threads").classList.toggle("unfolded", open);
  shade();
  if (open) byId("new-thread").focus();
  else if (byId("threads").contains(document.activeElement)) byId("show-threads").focus();
}

async function show(id, title) {
  unfold(false);
  const opened = openThread(id, title);
  markCurrent();
  await opened;
}

/** Mark the thread that is open. */
export function markCurrent() {
  for (const link of byId("thread-list").querySelectorAll("a")) {
    link.ariaCurrent = link.search === `?thread=${currentThread()}` ? "page" : null;
  }
}

function item({ threadId, title, language }) {
  const open = (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return; // a tab of its own
    event.preventDefault();
    goTo(threadId, title);
  };
  const current = threadId === currentThread() ? "page" : null;
  return h(
    "li",
    {},
    h("a", { href: `?thread=${threadId}`, lang: language, "aria-current": current, onclick: open }, title),
    h("button", { class: "quiet", "aria-label": words("deleteThread", { title }), onclick: () => discard(threadId, title) }, "×"),
  );
}

async function discard(id, title) {
  const dialog = byId("confirm");
  byId("confirm-name").textContent = title;
  dialog.returnValue = "";
  dialog.showModal();
  await new Promise((resolve) => { dialog.addEventListener("close", resolve, { once: true }); });
  if (dialog.returnValue !== "delete") return;
  try {
    await remove(`/threads/${id}`);
  } catch (problem) {
    byId("conversation").append(problemBox(problem));
    announce(inWords(problem));
    return;
  }
  if (id === currentThread()) await goTo(null);
  await showThreads();
  byId("new-thread").focus();
  announce(words("deleted"));
}
