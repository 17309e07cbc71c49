// Keeps one person's DM up to date and sends what they do. All HTML comes from the server, escaped there.
"use strict";

const messages = document.getElementById("messages");
const composer = document.getElementById("composer");
const box = document.getElementById("text");
const aimLine = document.getElementById("aim");
const home = `/slack/dm/${encodeURIComponent(messages.dataset.user)}`;
const POLL_MS = 1000;
const ASLEEP_MS = 5000;
let aim = {}; // where the next text goes: {thread} or {edit}, else a new message
let problems = 0;

async function ask(method, path, body) {
  const answer = await fetch(home + path, {
    method, headers: { "Content-Type": "application/json" }, body: body && JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
}

function tell(text, lasting) {
  const toast = document.getElementById("toast");
  toast.textContent = text;
  toast.hidden = !text;
  clearTimeout(tell.timer);
  if (text && !lasting) tell.timer = setTimeout(() => { toast.hidden = true; }, 4000);
}

// --- staying up to date ---

const atBottom = () => messages.scrollHeight - messages.scrollTop - messages.clientHeight < 80;
const toBottom = () => { messages.scrollTop = messages.scrollHeight; };

// To the first unread message, else to the end; of a message longer than the screen, its beginning.
function toNewest() {
  toBottom();
  const newest = messages.querySelector(".fresh") || messages.lastElementChild;
  if (newest.getBoundingClientRect().top < messages.getBoundingClientRect().top) newest.scrollIntoView();
}

// Puts new HTML in place of old, leaving alone what is the same: nothing flickers or loses focus.
function update(place, html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  const [old, fresh] = [[...place.children], [...template.content.children]];
  fresh.forEach((element, index) => {
    if (!old[index]) place.append(element);
    else if (!old[index].isEqualNode(element)) old[index].replaceWith(element);
  });
  for (const element of old.slice(fresh.length)) element.remove();
}

async function refresh() {
  // What comes while nobody looks is marked as new, until they answer.
  if (document.hidden && !messages.dataset.read) messages.dataset.read = markRead.last || "";
  const { revision, read } = messages.dataset;
  const answer = await fetch(`${home}/updates?${new URLSearchParams({ since: revision, read })}`);
  if (answer.status === 204) return;
  if (!answer.ok) throw new Error(String(answer.status));
  const parts = await answer.json();
  const follow = atBottom();
  const before = newestTs();
  update(messages, parts.messages);
  update(document.getElementById("people"), parts.people);
  messages.dataset.revision = parts.revision;
  showModal(parts.modal_key, parts.modal);
  if (follow && newestTs() !== before) toNewest();
  markRead();
}

const newestTs = () => [...messages.querySelectorAll(".message")].map((message) => message.dataset.ts).sort().pop();

function markRead() {
  const newest = newestTs();
  if (!newest || document.hidden || newest === markRead.last) return;
  markRead.last = newest;
  ask("POST", "/read", { ts: newest }).catch(() => { markRead.last = ""; });
}

async function poll() {
  try {
    // An open menu or list would close under the reader's hand.
    if (!document.querySelector("#messages details[open], #messages select:focus")) await refresh();
    if (problems) tell("");
    problems = 0;
  } catch {
    problems += 1;
    if (problems > 1) tell(messages.dataset.lost, true);
  }
  setTimeout(poll, document.hidden ? ASLEEP_MS : POLL_MS);
}

// --- writing ---

function setAim(next, text) {
  aim = next;
  const label = aimLine.querySelector("span");
  label.textContent = aim.edit ? label.dataset.edit : label.dataset.reply;
  aimLine.hidden = !(aim.edit || aim.thread);
  box.value = text || "";
  fit();
  box.focus();
}

function fit() {
  box.rows = Math.min(12, box.value.split("\n").length);
  composer.querySelector(".send").disabled = !box.value.trim();
}

async function write() {
  const text = box.value.trim();
  if (!text) return;
  const { edit, thread } = aim;
  messages.dataset.read = "";
  setAim({});
  try {
    if (edit) await ask("POST", `/messages/${edit}`, { text });
    else await ask("POST", "/messages", { text, thread_ts: thread });
    await refresh();
    toBottom();
  } catch (error) {
    setAim({ edit, thread }, text);
    tell(error.message);
  }
}

composer.addEventListener("submit", (event) => { event.preventDefault(); write(); });
box.addEventListener("input", fit);
box.addEventListener("keydown", (event) => {
  // Enter also ends the composition of a Korean syllable.
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); write(); }
  if (event.key === "Escape" && (aim.edit || aim.thread)) setAim({});
});
document.getElementById("aim-off").addEventListener("click", () => setAim({}));

// --- messages' own tools ---

async function doTo(message, button) {
  const { ts, thread } = message.dataset;
  if (button.dataset.do === "reply") setAim({ thread: thread || ts });
  if (button.dataset.do === "edit") setAim({ edit: ts }, button.dataset.text);
  if (button.dataset.do === "delete") { await ask("DELETE", `/messages/${ts}`); await refresh(); }
}

// --- buttons, menus, selects ---

function confirmed(question) {
  if (!question) return Promise.resolve(true);
  const dialog = document.getElementById("confirm");
  const [yes, no] = [dialog.querySelector("[value=yes]"), dialog.querySelector("[value=no]")];
  dialog.querySelector("h2").textContent = question.title?.text ?? "";
  dialog.querySelector("p").textContent = question.text?.text ?? "";
  yes.textContent = question.confirm?.text ?? "OK";
  if (question.deny) no.textContent = question.deny.text;
  yes.className = question.style === "danger" ? "danger" : "primary";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.onclose = () => resolve(dialog.returnValue === "yes");
    for (const button of [yes, no]) button.onclick = () => dialog.close(button.value);
  });
}

async function use(element) {
  if (!(await confirmed(element.dataset.confirm && JSON.parse(element.dataset.confirm)))) return;
  element.setAttribute("aria-busy", "true");
  element.closest("details")?.removeAttribute("open");
  try {
    const { problem } = await ask("POST", "/actions", {
      ts: element.closest(".message").dataset.ts,
      block_id: element.closest("[data-block]").dataset.block,
      action_id: element.dataset.action,
      chosen: element.dataset.chosen ?? element.value ?? "",
    });
    const isLink = element.tagName === "A";
    if (problem === "unheard") tell(isLink ? "" : messages.dataset.actionUnheard);
    else if (problem) tell(messages.dataset.actionFailed.replace("{reason}", problem));
    await refresh();
  } finally {
    element.removeAttribute("aria-busy");
  }
}

messages.addEventListener("click", (event) => {
  const tool = event.target.closest("[data-do]");
  if (tool) doTo(tool.closest(".message"), tool).catch((error) => tell(error.message));
  const element = event.target.closest("a[data-action], button[data-action]");
  if (element) use(element).catch((error) => tell(error.message));
});
document.addEventListener("click", (event) => {
  for (const menu of messages.querySelectorAll("details[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
messages.addEventListener("change", (event) => {
  if (event.target.dataset.action) use(event.target).catch((error) => tell(error.message));
});

// --- modals ---

const modal = document.getElementById("modal");

function showModal(key, html) {
  if (key === modal.dataset.key) return;
  modal.dataset.key = key;
  modal.querySelector("dialog")?.close();
  modal.innerHTML = html;
  openModal();
}

function openModal() {
  const dialog = modal.querySelector("dialog");
  dialog?.showModal();
  dialog?.addEventListener("cancel", (event) => { event.preventDefault(); closeModal(); });
}

async function closeModal() {
  await ask("DELETE", "/view");
  await refresh();
}

async function submitModal() {
  const values = {};
  for (const input of modal.querySelectorAll("[data-input]")) {
    values[input.closest("[data-block]").dataset.block] = { [input.dataset.input]: input.value };
  }
  const { problem, errors } = await ask("POST", "/view", { values });
  if (problem) tell(messages.dataset.actionFailed.replace("{reason}", problem));
  for (const block of modal.querySelectorAll("[data-block]")) {
    const line = block.querySelector(".error");
    if (line) { line.textContent = errors[block.dataset.block] || ""; line.hidden = !line.textContent; }
  }
  await refresh();
}

modal.addEventListener("click", (event) => {
  if (event.target.closest("[data-do=close]")) closeModal().catch((error) => tell(error.message));
});
modal.addEventListener("submit", (event) => {
  event.preventDefault();
  submitModal().catch((error) => tell(error.message));
});

openModal();
fit();
if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView({ block: "center" });
else toNewest();
markRead();
poll();
