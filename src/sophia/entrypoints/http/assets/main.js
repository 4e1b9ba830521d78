/** The chat page of SOPHIA: who asks, in which language, and what is on the page. */

import { get, identify } from "./api.js";
import { suggest, watchConversation } from "./conversation.js";
import { announce, byId, h } from "./dom.js";
import { closePanel, watchPanel } from "./panel.js";
import { openSources } from "./sources.js";
import { followAddress, goTo, markCurrent, showThreads, watchThreads } from "./threads.js";
import { currentLanguage, inWords, speak, wordPage, words } from "./words.js";

// What a tab remembers until it is closed. A key is kept nowhere else.
const IDENTITY = "sophia.identity";
const CHOICE = "sophia.demo";

/** The companies that the demo lets in, with their keys; none where the page is not the demo's. */
const demo = JSON.parse(document.querySelector('meta[name="sophia-demo"]').content || "[]");
document.body.classList.toggle("demo", demo.length > 0);

const remembered = (name) => JSON.parse(sessionStorage.getItem(name));
const remember = (name, value) => sessionStorage.setItem(name, JSON.stringify(value));

wordPage();
watchConversation(async () => { await showThreads(); markCurrent(); });
watchThreads();
watchPanel();
byId("show-sources").addEventListener("click", openSources);
byId("language").value = currentLanguage();
byId("language").addEventListener("change", async () => {
  speak(byId("language").value);
  wordPage();
  if (demo.length > 0) offerUsers();
  closePanel();
  await begin();
});
if (demo.length > 0) letIn();
else askForAccess();

async function begin() {
  const isNew = !new URLSearchParams(location.search).has("thread");
  if (isNew) followAddress(); // waits for no list: what somebody says at once has to stay
  await showThreads();
  if (!isNew) await followAddress();
}

/** The demo: any of its companies, as any of its users. */
function letIn() {
  const choice = remembered(CHOICE) ?? {};
  byId("company").append(...demo.map(({ id, name }) => h("option", { value: id }, name)));
  byId("company").value = demo.some(({ id }) => id === choice.companyId) ? choice.companyId : demo[0].id;
  offerUsers();
  if (chosen().users.includes(choice.userId)) byId("user").value = choice.userId;
  byId("company").addEventListener("change", () => { offerUsers(); enter(); goTo(null); showThreads(); });
  byId("user").addEventListener("change", () => { enter(); goTo(null); showThreads(); });
  enter();
  begin();
}

function chosen() {
  return demo.find(({ id }) => id === byId("company").value);
}

function offerUsers() {
  const before = byId("user").value;
  const users = chosen().users.map((user) => h("option", { value: user }, user));
  byId("user").replaceChildren(...users, h("option", { value: "" }, words("service")));
  if (chosen().users.includes(before)) byId("user").value = before;
}

function enter() {
  closePanel();
  const [companyId, userId] = [byId("company").value, byId("user").value];
  remember(CHOICE, { companyId, userId });
  suggest(chosen().examples);
  // A key lasts as long as the server that made it.
  identify({ companyId, userId, credential: chosen().key }, () => {
    const reload = h("button", { onclick: () => location.reload() }, words("reload"));
    byId("conversation").replaceChildren(h("div", { class: "problem" }, h("p", {}, inWords({ code: "unauthenticated" })), reload));
    announce(inWords({ code: "unauthenticated" }));
  });
}

/** Everywhere else: whoever holds a key or a token. */
function askForAccess() {
  const dialog = byId("access");
  const form = dialog.querySelector("form");
  const ask = () => { if (!dialog.open) dialog.showModal(); };
  const use = (identity) => identify(identity, () => {
    sessionStorage.removeItem(IDENTITY);
    byId("access-problem").textContent = inWords({ code: "unauthenticated" });
    ask();
  });
  dialog.addEventListener("close", () => { if (!remembered(IDENTITY)) ask(); }); // by Esc
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const identity = Object.fromEntries(new FormData(form));
    use(identity);
    try {
      await get(`/threads?limit=1&companyId=${encodeURIComponent(identity.companyId)}`);
    } catch (problem) {
      byId("access-problem").textContent = inWords(problem);
      return;
    }
    remember(IDENTITY, identity);
    form.reset();
    byId("access-problem").textContent = "";
    dialog.close();
    await begin();
  });
  byId("sign-out").hidden = false;
  byId("sign-out").addEventListener("click", () => { sessionStorage.removeItem(IDENTITY); location.assign(location.pathname); });
  if (remembered(IDENTITY)) {
    use(remembered(IDENTITY));
    begin();
  } else ask();
}
