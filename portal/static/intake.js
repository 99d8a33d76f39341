// Keeps the form of a new request on this phone while it is typed, tells the ceiling at once, and
// sends what is ready when the signal comes back. The pages work without it; every word, ceiling and
// paper comes from the page.
"use strict";

const PATIENCE_MS = 30000;
const RETRY_MS = 45000;
const CHECKED = "intake-checked";
const OPENED_BY = "intake-opened-by";
let phone = document.getElementById("phone");
const { owner, kind, edition } = phone.dataset;
const KEPT = `intake-${owner}`;

class SignedOut extends Error {}

// What is kept: forms by their key, each `typing`, `waiting` for a signal, or `refused`. A phone
// that keeps nothing (a private window, a full disk) still has a form.

function kept() {
  try {
    return JSON.parse(localStorage.getItem(KEPT)) ?? [];
  } catch {
    return [];
  }
}

function put(item) {
  keep([...kept().filter((other) => other.id !== item.id), item]);
}

function drop(id) {
  keep(kept().filter((other) => other.id !== id));
}

function keep(items) {
  try {
    localStorage.setItem(KEPT, JSON.stringify(items));
  } catch {
    document.getElementById("kept-here")?.setAttribute("hidden", "");
  }
}

function eraseAll() {
  localStorage.removeItem(KEPT);
  sessionStorage.removeItem(CHECKED);
}

function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

// What is said: a template of the page; its data-put take what is known, its data-do do it.

const sent = [];
let untold = "";

function say(name, { known = {}, acts = {} } = {}) {
  const said = document.getElementById(`said-${name}`).content.cloneNode(true).firstElementChild;
  for (const place of said.querySelectorAll("[data-put]")) {
    for (const what of place.dataset.put.split(" ")) {
      if (what === "url") place.href = known.url;
      else place.textContent = known[what] ?? "";
    }
  }
  for (const button of said.querySelectorAll("[data-do]")) {
    button.addEventListener("click", acts[button.dataset.do]);
  }
  phone.append(said);
  return said;
}

function tell() {
  phone.replaceChildren();
  if (untold) say(untold, { acts: { wait, clear } });
  for (const item of kept()) {
    if (item.id === current() || (item.state === "typing" && !kind)) continue;
    say(item.state, { known: item, acts: { mend: () => mend(item) } });
  }
  for (const known of sent) say("sent", { known });
  const checked = sessionStorage.getItem(CHECKED);
  if (kind && checked) say("drafted", { known: { url: checked } });
}

function tellFirst(name) {
  untold = name;
  tell();
  const said = phone.firstElementChild;
  if (!name || !said) return;
  said.tabIndex = -1;
  said.focus();
}

// What is sent.

async function ask(address, options = {}) {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), PATIENCE_MS);
  try {
    const answer = await fetch(address, { ...options, signal: patience.signal });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (answer.redirected && new URL(answer.url).pathname.endsWith("/sign-in")) throw new SignedOut();
    // Something between the phone and the portal is down: that is no answer.
    if (answer.status >= 500) throw new TypeError(answer.statusText);
    return { page, url: answer.url, status: answer.status };
  } finally {
    clearTimeout(timer);
  }
}

const tokenOf = (page) => page.querySelector("[name=csrf_token]").value;

async function post(address, fields) {
  const send = (token) => {
    const body = new URLSearchParams({ ...fields, csrf_token: token });
    return ask(address, { method: "POST", body });
  };
  const answer = await send(tokenOf(document));
  if (answer.status !== 400) return answer;
  // The token went with an earlier session: a fresh form has a fresh one, if it is the same person's.
  const { page } = await ask(phone.dataset.form);
  if (page.getElementById("phone")?.dataset.owner !== owner) throw new SignedOut();
  return send(tokenOf(page));
}

let isBusy = false;

async function busy(work) {
  if (isBusy) return;
  isBusy = true;
  try {
    await work();
  } catch (error) {
    if (error instanceof SignedOut) tellFirst("signed-out");
    else throw error;
  } finally {
    isBusy = false;
  }
}

async function sendWaiting() {
  for (const item of kept().filter((each) => each.state === "waiting")) {
    const answer = await post(item.url, item.fields);
    if (answer.status < 400) {
      drop(item.id);
      if (item.id === current()) location.assign(answer.url);
      sent.push({ ...item, url: answer.url, reference: answer.page.getElementById("phone")?.dataset.reference });
    } else {
      const wrong = answer.page.querySelectorAll("main [role=alert] li, main .lead");
      const why = Array.from(wrong, (each) => each.textContent.trim()).join(" ");
      put({ ...item, state: "refused", why });
    }
    untold = "";
    tell();
  }
}

function trySending() {
  if (navigator.onLine) busy(sendWaiting).catch(() => {});
}

function mend(item) {
  if (item.kind) put({ ...item, state: "typing" });
  else drop(item.id);
  location.assign(item.from);
}

// The form, and the page that shows its answers.

let form = null;

const current = () => form?.form_key?.value ?? location.pathname;

function fields() {
  const { csrf_token: _token, ...typed } = Object.fromEntries(new FormData(form));
  return typed;
}

function item(state, more = {}) {
  const whom = phone.dataset.whom ?? form.name?.value ?? form.project_name?.value;
  return { id: current(), kind, whom, state, url: form.action, from: location.href, fields: { ...fields(), ...more } };
}

function wait() {
  const agreed = kind === "youth" ? { has_consent: "y" } : {};
  put(item("waiting", { ...agreed, is_to_be_sent: "y" }));
  begin();
  tellFirst("");
}

function clear() {
  drop(current());
  begin();
  tellFirst("");
}

function begin() {
  form.reset();
  form.form_key.value = newKey();
  showCeiling();
}

function restore() {
  const typing = kept().filter((each) => each.kind === kind && each.state === "typing").pop();
  if (!typing) {
    begin();
    return;
  }
  for (const field of form.elements) {
    if (!(field.name in typing.fields)) continue;
    if (field.type === "radio") field.checked = field.value === typing.fields[field.name];
    else field.value = typing.fields[field.name];
    const fold = field.closest("details");
    if (fold && field.value) fold.open = true;
  }
  untold = "restored";
  showCeiling();
}

function showCeiling() {
  const chosen = form.querySelector("[name=category]:checked");
  const ceiling = document.getElementById("ceiling");
  const typed = form.amount.value.replace(/[๐-๙]/g, (digit) => digit.charCodeAt(0) - 0xe50).replace(/[^0-9.]/g, "");
  const isOver = Boolean(chosen) && Math.round(parseFloat(typed) * 100) > Number(chosen.dataset.satang);
  ceiling.textContent = chosen ? chosen.dataset[isOver ? "over" : "most"] : "";
  ceiling.className = isOver ? "after-field error" : "after-field hint";
  form.amount.setCustomValidity(isOver ? chosen.dataset.over : "");
}

async function submit() {
  const button = form.querySelector("button[type=submit]");
  const words = button.textContent;
  button.textContent = phone.dataset.busy;
  tellFirst("");
  try {
    const answer = await post(form.action, fields());
    if (answer.status < 400) {
      drop(current());
      if (kind) sessionStorage.setItem(CHECKED, answer.url);
      location.assign(answer.url);
      return;
    }
    const main = answer.page.querySelector("main");
    const alert = main.querySelector("[role=alert]");
    // It takes the focus below; by itself it may not, as something else has it already.
    alert?.removeAttribute("autofocus");
    document.querySelector("main").replaceWith(main);
    if (answer.status === 422) open();
    alert?.focus();
  } catch (error) {
    button.textContent = words;
    if (error instanceof SignedOut) throw error;
    noSignal();
  }
}

function noSignal() {
  if (!kind) put(item("waiting"));
  else if (!form.reportValidity()) return;
  tellFirst("no-signal");
}

function open() {
  phone = document.getElementById("phone");
  form = document.querySelector("#request, #send");
  form?.addEventListener("submit", (event) => {
    event.preventDefault();
    busy(submit);
  });
  if (kind) openForm();
  else if (!form) sessionStorage.removeItem(CHECKED);
  if (form) tell();
}

function openForm() {
  document.getElementById("kept-here").hidden = false;
  form.addEventListener("input", () => {
    showCeiling();
    put(item("typing"));
  });
  if (document.querySelector("main [role=alert]")) showCeiling();
  else restore();
}

// The form opens without a signal, too: once it was seen it stays on the phone, with its files.

async function stay() {
  await navigator.serviceWorker.register(phone.dataset.worker, { scope: phone.dataset.form });
  await document.fonts.ready;
  if (localStorage.getItem(OPENED_BY) !== owner) {
    // The kept form names who is signed in.
    await caches.delete(`intake-${edition}`);
    localStorage.setItem(OPENED_BY, owner);
  }
  const cache = await caches.open(`intake-${edition}`);
  const files = performance.getEntriesByType("resource").map(({ name }) => name).filter((name) => name.includes("/static/"));
  const forms = ["youth", "project"].map((each) => `${phone.dataset.form}?kind=${each}`);
  for (const address of [...forms, ...files]) {
    if (!await cache.match(address, { ignoreVary: true })) await cache.add(address);
  }
}

open();
trySending();
addEventListener("online", trySending);
setInterval(trySending, RETRY_MS);
document.querySelector("form[action$='/sign-out']")?.addEventListener("submit", eraseAll);
if (kind && navigator.serviceWorker && window.caches) stay().catch(() => {});
