"use strict";

// Checking a proof, as strictly as portal/audit/{note,policy,merkle,proof}.py: signed notes, keys,
// checkpoints, cosignatures, policies of witnesses and proof files of C2SP, the tree of RFC 9162.
// Only WebCrypto computes. Nothing here touches the page.

const HEADER = "c2sp.org/tlog-proof@v1";
const PROOF_BYTES_MAX = 1_000_000;
const NOTE_BYTES_MAX = 1_000_000;
const SIGNATURES_MAX = 100;
const STEPS_MAX = 63;
const HASH_BYTES = 32;
const KEY_ID_BYTES = 4;
const TIMESTAMP_BYTES = 8;
const ED25519 = 1;
const COSIGNATURE = 4;
const NONE = "none";
// White space as Python counts it; browsers count a little differently.
const KEY_NAME = /^[^\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000+]+$/u;
const NUMBER = /^(?:0|[1-9][0-9]{0,18})$/;

/** What was given is wrong. Whatever else is thrown is a fault of this page, and no verdict. */
class Refused extends Error {}

function refuseUnless(holds, why) {
  if (holds !== true) throw new Refused(why);
}

// Bytes

const encoder = new TextEncoder();

function readText(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Refused("not UTF-8 text");
  }
}

/** Decode base64; the one form that encodes back to itself is the only one that is read. */
function unbase64(written) {
  let raw = null;
  try {
    raw = atob(written);
  } catch {
    throw new Refused("not base64");
  }
  refuseUnless(btoa(raw) === written, "not canonical base64");
  return Uint8Array.from(raw, (character) => character.charCodeAt(0));
}

function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function areEqual(one, other) {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function sha256(...parts) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", joined(...parts)));
}

/** Cut a text at the first separator: what stands before and after it. */
function cut(written, separator) {
  const at = written.indexOf(separator);
  return at < 0 ? [written, ""] : [written.slice(0, at), written.slice(at + separator.length)];
}

// Keys and signed notes

/** Read a vkey: name, key id and key joined by plus; the base64 part may hold a plus of its own. */
async function parseKey(written) {
  const [name, rest] = cut(written, "+");
  const [id, encoded] = cut(rest, "+");
  const raw = unbase64(encoded);
  const isKnown = [ED25519, COSIGNATURE].includes(raw[0]) && raw.length === 1 + HASH_BYTES;
  refuseUnless(KEY_NAME.test(name) && isKnown, "not an Ed25519 verifier key");
  const keyId = (await sha256(encoder.encode(`${name}\n`), raw)).slice(0, KEY_ID_BYTES);
  refuseUnless(hex(keyId) === id, "the key id does not fit the key");
  return { name, id, kind: raw[0], public: raw.slice(1), written };
}

async function isSignedBy(key, signature, told) {
  const imported = await crypto.subtle.importKey(
    "raw", key.public, { name: "Ed25519" }, false, ["verify"],
  );
  return await crypto.subtle.verify({ name: "Ed25519" }, imported, signature, told) === true;
}

/** Read a signed note; its signatures are not verified here. */
function parseNote(raw) {
  refuseUnless(raw.length <= NOTE_BYTES_MAX, "a note that is too long");
  const written = readText(raw);
  refuseUnless(!/[\x00-\x09\x0b-\x1f]/.test(written), "a note has no control characters");
  const at = written.lastIndexOf("\n\n");
  const lines = written.slice(at + 2);
  refuseUnless(at >= 0 && lines.endsWith("\n"), "a note has an empty line and signatures under it");
  const signatures = lines.slice(0, -1).split("\n");
  refuseUnless(signatures.length <= SIGNATURES_MAX, "too many signatures");
  return { text: written.slice(0, at + 1), signatures: signatures.map(parseSignature) };
}

function parseSignature(line) {
  const words = line.split(" ");
  const isLine = words.length === 3 && words[0] === "\u2014" && KEY_NAME.test(words[1]);
  refuseUnless(isLine, "not a signature line");
  const raw = unbase64(words[2]);
  refuseUnless(raw.length > KEY_ID_BYTES, "not a signature line");
  return { name: words[1], id: hex(raw.slice(0, KEY_ID_BYTES)), raw: raw.slice(KEY_ID_BYTES) };
}

/** Return the one signature that says to be of this key; two are refused. */
function signatureBy(note, key) {
  const mine = note.signatures.filter(({ name, id }) => name === key.name && id === key.id);
  refuseUnless(mine.length <= 1, "signed twice by one key");
  return mine.length ? mine[0].raw : null;
}

function parseCheckpoint(text) {
  const [origin, size, root] = [...text.split("\n"), "", ""];
  const raw = unbase64(root);
  const isWhole = origin !== "" && NUMBER.test(size) && raw.length === HASH_BYTES;
  refuseUnless(isWhole, "not a checkpoint");
  return { origin, size: BigInt(size), root: raw };
}

/** Return the key of the known log that signed this checkpoint under its own name. */
async function logOf(note, checkpoint, policy) {
  for (const key of policy.logs) {
    const signature = key.name === checkpoint.origin ? signatureBy(note, key) : null;
    if (signature === null) continue;
    const isSigned = await isSignedBy(key, signature, encoder.encode(note.text));
    refuseUnless(isSigned, "the log's signature does not verify");
    return key;
  }
  throw new Refused("no known log signed this checkpoint");
}

/** Return when a witness cosigned, in Unix seconds, or null when it did not. */
async function cosignedAt(note, key) {
  const raw = signatureBy(note, key);
  if (raw === null) return null;
  const at = BigInt(`0x0${hex(raw.slice(0, TIMESTAMP_BYTES))}`);
  const told = encoder.encode(`cosignature/v1\ntime ${at}\n${note.text}`);
  const isSigned = await isSignedBy(key, raw.slice(TIMESTAMP_BYTES), told);
  refuseUnless(isSigned, "a cosignature does not verify");
  return at;
}

async function witnessTimes(note, policy) {
  const times = new Map();
  for (const [name, key] of policy.witnesses) {
    const at = await cosignedAt(note, key);
    if (at !== null) times.set(name, at);
  }
  return times;
}

// Policies: a name is defined before it is used, and used once

async function parsePolicy(written) {
  refuseUnless(/^[\t\n\x20-\x7e\x80-\u{10ffff}]*$/u.test(written), "control characters");
  const policy = { logs: [], witnesses: new Map(), groups: new Map(), quorum: null };
  const used = { keys: new Set(), members: new Set() };
  for (const line of written.split("\n")) {
    const words = line.split(/[\t ]/).filter((word) => word !== "");
    if (words.length && !words[0].startsWith("#")) await readPolicyLine(policy, used, words);
  }
  refuseUnless(policy.quorum !== null, "the quorum is missing");
  return policy;
}

async function readPolicyLine(policy, used, [word, ...rest]) {
  if (word === "log" && (rest.length === 1 || rest.length === 2)) {
    policy.logs.push(await newKey(used, rest[0], ED25519));
  } else if (word === "witness" && (rest.length === 2 || rest.length === 3)) {
    refuseUnless(isFree(policy, rest[0]), "a name that is not free");
    policy.witnesses.set(rest[0], await newKey(used, rest[1], COSIGNATURE));
  } else if (word === "group" && rest.length >= 3) {
    addGroup(policy, used, rest);
  } else if (word === "quorum" && rest.length === 1) {
    refuseUnless(policy.quorum === null, "a second quorum");
    refuseUnless(rest[0] === NONE || isKnown(policy, rest[0]), "a name that is not defined above");
    policy.quorum = rest[0];
  } else {
    throw new Refused("not a line of a policy");
  }
}

async function newKey(used, written, kind) {
  const key = await parseKey(written);
  refuseUnless(key.kind === kind, "a key of another kind");
  const bytes = hex(key.public);
  refuseUnless(!used.keys.has(bytes), "a key stands twice");
  used.keys.add(bytes);
  return key;
}

function addGroup(policy, used, [name, needed, ...members]) {
  refuseUnless(isFree(policy, name), "a name that is not free");
  for (const member of members) {
    refuseUnless(isKnown(policy, member), "a name that is not defined above");
    refuseUnless(!used.members.has(member), "a member twice");
    used.members.add(member);
  }
  const written = { all: `${members.length}`, any: "1" };
  const count = Object.hasOwn(written, needed) ? written[needed] : needed;
  const least = /^[1-9][0-9]{0,3}$/.test(count) ? Number(count) : 0;
  refuseUnless(least >= 1 && least <= members.length, "a number that the group does not have");
  policy.groups.set(name, { least, members });
}

function isKnown(policy, name) {
  return policy.witnesses.has(name) || policy.groups.has(name);
}

function isFree(policy, name) {
  return name !== NONE && !isKnown(policy, name) && /^[^\x00-\x20\x7f]+$/.test(name);
}

function isQuorum(policy, name, times) {
  if (name === NONE) return true;
  const group = policy.groups.get(name);
  if (group === undefined) return times.has(name);
  return group.members.filter((member) => isQuorum(policy, member, times)).length >= group.least;
}

// Proof files and the tree. Indices are BigInt: a number of JavaScript ends at 2^53.

/** Read a proof file; nothing is verified here. */
function parseProof(raw) {
  refuseUnless(raw.length <= PROOF_BYTES_MAX, "a proof that is too long");
  const written = readText(raw);
  const at = written.indexOf("\n\n");
  const [header, extra, index, ...steps] = written.slice(0, Math.max(at, 0)).split("\n");
  refuseUnless(at >= 0 && header === HEADER && index !== undefined, "not a proof file");
  const number = valueOf("index", index);
  refuseUnless(NUMBER.test(number), "not a number");
  refuseUnless(steps.length <= STEPS_MAX, "the proof is too long");
  return {
    body: unbase64(valueOf("extra", extra)),
    index: BigInt(number),
    steps: steps.map(unbase64),
    note: parseNote(encoder.encode(written.slice(at + 2))),
  };
}

function valueOf(word, line) {
  const [found, value] = cut(line, " ");
  refuseUnless(found === word, "a line that begins with another word");
  return value;
}

function leafHash(body) {
  return sha256([0], body);
}

/** Refuse the proof unless it leads from the leaf at its index to the root (RFC 9162 2.1.3.2). */
async function checkInclusion(leaf, index, size, steps, root) {
  const areHashes = [leaf, root, ...steps].every(({ length }) => length === HASH_BYTES);
  refuseUnless(areHashes, "a hash that is not 32 bytes long");
  refuseUnless(index < size, "the tree has no such leaf");
  let [found, first, last] = [leaf, index, size - 1n];
  for (const step of steps) {
    refuseUnless(last !== 0n, "the proof is too long");
    const isLeft = (first & 1n) === 1n || first === last;
    found = await (isLeft ? sha256([1], step, found) : sha256([1], found, step));
    while (isLeft && first !== 0n && (first & 1n) === 0n) {
      [first, last] = [first >> 1n, last >> 1n];
    }
    [first, last] = [first >> 1n, last >> 1n];
  }
  refuseUnless(last === 0n, "the proof is too short");
  refuseUnless(areEqual(found, root), "the proof does not lead to the root");
}
