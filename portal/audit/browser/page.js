// The page itself: what was chosen, what is still missing, and the verdict in words. It never says
// yes unless every step of `examine` passed; whatever fails here ends in "could not be checked".

const DOCUMENT_BYTES_MAX = 200_000_000;
const FROM_FILE = location.protocol === "file:";
const LOOKS = {
  start: ["grey", "open"], busy: ["grey", "half"], unchecked: ["grey", "dash"],
  witnessed: ["green", "done"], unwitnessed: ["amber", "half"], published: ["amber", "half"],
  paper: ["amber", "look"], invalid: ["red", "cross"],
};
const LEADING = ["reference", "payment", "satang"];
const NO_VERDICT = ["start", "busy"];
const LOG = read("policy");
const given = { link: null, document: null, proof: null, missing: null };
let turn = 0;

/** Something that the check needs is not there; `facts` go into the sentence that says so. */
class Missing extends Error {
  constructor(what, facts = {}) {
    super(what);
    this.what = what;
    this.facts = facts;
  }
}

// What is checked: the link and the proof are found where they can be

/** Return the link that was opened or pasted, or else the only one that the document carries. */
function linkInHand() {
  if (given.document === null || given.link?.salt) return given.link;
  const links = linksIn(given.document.bytes);
  if (links.length === 0) throw new Missing("link");
  if (links.length > 1) throw new Missing("one_link");
  const link = parseLink(links[0]);
  if (link === null) throw new Missing("good_link");
  return link;
}

async function fetchProof(eid) {
  if (FROM_FILE) throw new Missing("proof", { eid });
  let answer = null;
  try {
    answer = await fetch(`proof/${eid}.tlog-proof`, { credentials: "omit", cache: "no-store" });
  } catch {
    throw new Missing("proof", { eid });
  }
  if (!answer.ok) throw new Missing(answer.status === 404 ? "published" : "proof", { eid });
  return new Uint8Array(await answer.arrayBuffer());
}

async function logPolicy() {
  try {
    return await parsePolicy(LOG.text);
  } catch (error) {
    throw error instanceof Refused ? new Missing("policy") : error;
  }
}

async function answer() {
  if (given.missing !== null) throw given.missing;
  if (!await canCheck()) throw new Missing("browser");
  const policy = await logPolicy();
  const link = linkInHand();
  const proof = given.proof ?? await fetchProof(link.eid);
  const document = given.document?.bytes ?? null;
  return { ...await examine({ proof, policy, link, document }), policy, link, bytes: proof };
}

function unchecked(error) {
  if (!(error instanceof Missing)) console.error(error);
  const missing = error instanceof Missing ? error : new Missing("fault");
  return { verdict: "unchecked", missing };
}

async function check() {
  const mine = ++turn;
  if (Object.values(given).every((each) => each === null)) {
    show({ verdict: "start" });
    return;
  }
  show({ verdict: "busy" });
  const result = await answer().catch(unchecked);
  // Whoever chose something else meanwhile waits for another answer.
  if (mine !== turn) return;
  try {
    show(result);
  } catch (error) {
    show(unchecked(error));
  }
}

// The verdict in words

function show(result) {
  const { verdict, failed = null, missing = null, passed = null } = result;
  const isGood = passed !== null && failed === null;
  const told = isPaperOnly(result) ? "paper" : verdict;
  const [tone, mark] = LOOKS[told];
  const parts = {
    why: reasons(result),
    witnesses: isGood ? witnessesOf(result) : [],
    facts: isGood ? factsOf(result) : [],
    steps: passed === null ? [] : stepsOf(result),
  };
  for (const [name, children] of Object.entries(parts)) {
    find(name).replaceChildren(...children);
    find(`${name}-part`).hidden = children.length === 0;
  }
  find("verdict").className = `verdict tone-${tone}`;
  find("verdict").dataset.verdict = told;
  find("verdict").dataset.why = failed ?? missing?.what ?? "";
  find("verdict-title").replaceChildren(shape(mark), say(told));
  find("again").hidden = NO_VERDICT.includes(verdict);
  showWish(result);
  showKeeping(isGood ? result : null);
  if (!NO_VERDICT.includes(verdict)) find("verdict").scrollIntoView();
}

/** Say whether a document's link was opened without the document: a forger can copy a QR. */
function isPaperOnly({ link, isCompared, failed = null }) {
  return Boolean(link?.salt) && !isCompared && failed === null;
}

function reasons(result) {
  const { verdict, failed, missing, isCompared } = result;
  if (NO_VERDICT.includes(verdict)) return [paragraph(`${verdict}_why`)];
  if (verdict === "unchecked") {
    return [paragraph(`missing_${missing.what}`, missing.facts), paragraph("unchecked_why")];
  }
  if (verdict === "invalid") return [paragraph(`failed_${failed}`), paragraph("failed_next")];
  const told = [isCompared ? "of_document" : "of_entry", `by_${verdict}`];
  if (isPaperOnly(result)) told.unshift("paper_why");
  return told.map((key) => paragraph(key));
}

/** Offer the one thing that would complete the check. */
function showWish(result) {
  let wish = isPaperOnly(result) ? "choose_document" : null;
  if (["proof", "published"].includes(result.missing?.what)) wish = "choose_proof";
  find("wish").hidden = wish === null;
  find("wish").replaceChildren(...(wish === null ? [] : [say(wish)]));
}

function showKeeping(result) {
  const keep = find("keep-proof");
  if (keep.href) URL.revokeObjectURL(keep.href);
  keep.removeAttribute("href");
  keep.hidden = result === null;
  if (result === null) return;
  keep.href = URL.createObjectURL(new Blob([result.bytes], { type: "text/plain" }));
  keep.download = `${result.entry.eid}.tlog-proof`;
}

function factsOf({ entry, proof, checkpoint, isCompared, digest }) {
  const place = { index: grouped(proof.index), size: grouped(checkpoint.size) };
  const at = BigInt(Date.parse(entry.at) / 1000);
  const sealed = Object.keys(entry.prv);
  const file = isCompared ? [row(say("fact_file"), given.document.name)] : [];
  const names = Object.keys(entry.pub).filter((name) => !LEADING.includes(name));
  const leading = LEADING.filter((name) => Object.hasOwn(entry.pub, name));
  return [
    ...file,
    row(say("fact_type"), both(nameOf("act", entry.t))),
    ...[...leading, ...names].map((name) =>
      row(both(nameOf("field", name)), shown(name, entry.pub[name]))),
    row(say("fact_role"), both(nameOf("role", entry.act.r))),
    row(say("fact_at"), both(moment(at))),
    ...(sealed.length ? [row(say("fact_sealed"), both(namesOf("field", sealed)))] : []),
    row(say("fact_place"), say("place", place)),
    row(say("fact_eid"), make("span", "hash", entry.eid)),
    ...(isCompared ? [row(say("fact_digest"), make("span", "hash", digest))] : []),
  ];
}

function witnessesOf({ policy, times }) {
  return Array.from(policy.witnesses.keys(), (name) => {
    const at = times.get(name);
    const told = at === undefined ? [] : [" ", say("signed_at", { moment: moment(at) })];
    return make("li", "", tag(at === undefined ? "unsigned" : "signed"),
      make("p", "", make("b", "", name), ...told));
  });
}

function stepsOf(result) {
  const { passed, failed, verdict, proof, checkpoint, policy, times, entry, isCompared } = result;
  const known = policy.witnesses.size;
  const facts = {
    checkpoint: { origin: checkpoint?.origin, size: grouped(checkpoint?.size) },
    witnesses: { known, count: times?.size },
    place: { count: proof?.steps.length },
  };
  const note = (name) => (name === "witnesses" && known === 0 ? "note_no_witness" : `note_${name}`);
  const told = passed.map((name) =>
    step("passed", say(`step_${name}`), say(note(name), facts[name])));
  if (failed !== null) {
    return [...told, step("failed", say(`step_${failed}`), say(`failed_${failed}`))];
  }
  if (!isCompared && Object.hasOwn(entry.prv, SEALED_DOCUMENT)) {
    told.push(step("look", say("step_paper"), say("note_paper")));
  }
  const quorum = verdict === "witnessed" ? "passed" : "look";
  return [...told, step(quorum, say(`step_${verdict}`), say(`note_${verdict}`))];
}

// What people do on the page

/** Forget the proof in hand when it is not about the entry of this link. */
function forgetOtherProofs(link) {
  if (given.proof === null || link === null) return;
  try {
    if (parseEntry(parseProof(given.proof).body).eid !== link.eid) given.proof = null;
  } catch {
    given.proof = null;
  }
}

function follow(fragment) {
  given.link = parseLink(fragment);
  given.missing = given.link === null ? new Missing("good_link") : null;
  forgetOtherProofs(given.link);
  return check();
}

function isProofFile(name, bytes) {
  const start = new TextDecoder("latin1").decode(bytes.slice(0, HEADER.length));
  return /\.tlog-proof(\.txt)?$/i.test(name) || start.startsWith("c2sp.org/");
}

async function readFiles(files) {
  const chosen = { document: null, proof: null };
  for (const file of files) {
    if (file.size > DOCUMENT_BYTES_MAX) throw new Missing("file");
    const bytes = new Uint8Array(await file.arrayBuffer());
    const kind = isProofFile(file.name, bytes) ? "proof" : "document";
    if (chosen[kind] !== null) throw new Missing("pair");
    chosen[kind] = { name: file.name, bytes };
  }
  return chosen;
}

async function take(files) {
  if (files.length === 0) return;
  try {
    const { document, proof } = await readFiles(files);
    given.missing = null;
    given.document = document ?? given.document;
    given.proof = proof?.bytes ?? given.proof;
    if (proof === null) forgetOtherProofs(linkInHand());
  } catch (error) {
    given.missing = error instanceof Missing ? error : new Missing("file");
  }
  await check();
}

function speak(language) {
  document.documentElement.lang = language;
  document.title = WORDS.title[language === "th" ? 0 : 1];
}

/** Begin anew with the link in the address, where there is one. */
function openAddress() {
  Object.assign(given, { link: null, document: null, proof: null, missing: null });
  return location.hash ? follow(location.hash.slice(1)) : check();
}

function startAgain() {
  find("link").value = "";
  history.replaceState(null, "", location.href.split("#")[0]);
  find("choose").focus();
  openAddress();
}

function attend() {
  find("language").addEventListener("click", () =>
    speak(document.documentElement.lang === "th" ? "en" : "th"));
  for (const name of ["choose", "wish"]) {
    find(name).addEventListener("click", () => find("files").click());
  }
  find("files").addEventListener("change", (event) => {
    const files = [...event.target.files];
    event.target.value = "";
    take(files);
  });
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    take([...event.dataTransfer.files]);
  });
  find("link-form").addEventListener("submit", (event) => {
    event.preventDefault();
    follow(find("link").value.trim().replace(/^[^#]*#/, ""));
  });
  find("again").addEventListener("click", startAgain);
  addEventListener("hashchange", openAddress);
}

document.documentElement.dataset.from = FROM_FILE ? "file" : "portal";
find("keys").textContent = LOG.text;
attend();
openAddress();
