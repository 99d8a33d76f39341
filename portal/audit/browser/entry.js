// Reading an entry as strictly as portal/audit/entry.py, opening the seal of a document, and going
// through every step of a proof in order.

const VERSION = 1;
const BODY_BYTES_MIN = 2;
const BODY_BYTES_MAX = 16_384;
const DEPTH_MAX = 6;
const MEMBERS = ["act", "at", "eid", "prv", "pub", "ref", "t", "v"];
const EID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const COMMITMENT = /^[A-Za-z0-9_-]{43}$/;
const CODE = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$/;
const MOMENT = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z$/;
const REFUSED_TEXT = /[\x00-\x1f\ud800-\udfff\u202a-\u202e\u2066-\u2069]/u;
const SEALED_DOCUMENT = "doc";

/** Write a value in the one form that is hashed: a subset of RFC 8785. */
function canonical(value, depth = DEPTH_MAX) {
  refuseUnless(depth >= 0, "nested too deep");
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number") {
    refuseUnless(Number.isSafeInteger(value), "a number that cannot stand in an entry");
    return String(value);
  }
  if (typeof value === "string") {
    refuseUnless(!REFUSED_TEXT.test(value) && value.normalize() === value, "not clean NFC text");
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) {
    return `[${value.map((item) => canonical(item, depth - 1)).join(",")}]`;
  }
  const members = Object.keys(value).sort().map((name) => {
    refuseUnless(/^[a-z0-9_]{1,32}$/.test(name), "no member name");
    return `"${name}":${canonical(value[name], depth - 1)}`;
  });
  return `{${members.join(",")}}`;
}

/** Read an entry from its published bytes; refuse all but the canonical form. */
function parseEntry(body) {
  const isSized = body.length >= BODY_BYTES_MIN && body.length <= BODY_BYTES_MAX;
  refuseUnless(isSized, "an entry of this size");
  const written = readText(body);
  let value = null;
  try {
    value = JSON.parse(written);
  } catch {
    throw new Refused("not JSON");
  }
  // A member that stands twice is read once, so it is not written back as it was.
  refuseUnless(canonical(value) === written, "not in canonical form");
  refuseUnless(isShaped(value), "not an entry of version 1");
  return value;
}

function isShaped(value) {
  return isObject(value, MEMBERS) && isObject(value.act, ["c", "r"])
    && isObject(value.prv) && isObject(value.pub) && Array.isArray(value.ref)
    && value.v === VERSION && typeof value.t === "string"
    && matches(EID, value.eid) && matches(MOMENT, value.at) && exists(value.at)
    && matches(CODE, value.act.r) && value.ref.every((eid) => matches(EID, eid))
    && [value.act.c, ...Object.values(value.prv)].every((each) => matches(COMMITMENT, each));
}

function isObject(value, names = null) {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return false;
  return names === null || Object.keys(value).join() === names.join();
}

function matches(pattern, value) {
  return typeof value === "string" && pattern.test(value);
}

/** Say whether a time is one of the calendar, which has no year 0. */
function exists(moment) {
  const time = Date.parse(moment);
  if (Number.isNaN(time) || moment.startsWith("0000")) return false;
  return new Date(time).toISOString() === moment.replace("Z", ".000Z");
}

// The link of a document, `#1.<entry>.<salt>`, and of an entry alone, `#<entry id>`

const DOCUMENT_LINK = /^1\.([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{43})$/;
const LINK_IN_FILE = /\/v#(1\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43})(?![A-Za-z0-9_-])/g;

/** Read what stands behind the # of a verify link; null when it is none. */
function parseLink(fragment) {
  if (EID.test(fragment)) return { eid: fragment, salt: null };
  const found = DOCUMENT_LINK.exec(fragment);
  if (found === null) return null;
  const encoded = found[1].replaceAll("-", "+").replaceAll("_", "/");
  const digits = hex(Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0)));
  const eid = digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  return EID.test(eid) ? { eid, salt: found[2] } : null;
}

/** Return every different verify link that stands readable in a file. */
function linksIn(bytes) {
  const written = new TextDecoder("latin1").decode(bytes);
  return [...new Set(Array.from(written.matchAll(LINK_IN_FILE), ([, fragment]) => fragment))];
}

function base64url(raw) {
  return btoa(String.fromCharCode(...raw))
    .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Return what a document of this digest is sealed as: see `commitment` in entry.py. */
async function sealOf(digest, salt, type) {
  const told = canonical([salt, `${type}.${SEALED_DOCUMENT}`, digest]);
  return base64url(await sha256(encoder.encode(base64url(encoder.encode(told)))));
}

/**
 * Go through every step of a proof in order, and through those of a document where one is given.
 * What is returned tells which steps passed, which one failed, and what is proved.
 */
async function examine({ proof, policy, link = null, document = null }) {
  const found = { passed: [], failed: null, isCompared: false };
  const steps = {
    form: () => { found.proof = parseProof(proof); },
    checkpoint: async () => {
      found.checkpoint = parseCheckpoint(found.proof.note.text);
      found.log = await logOf(found.proof.note, found.checkpoint, policy);
    },
    witnesses: async () => { found.times = await witnessTimes(found.proof.note, policy); },
    place: async () => {
      const { body, index, steps: hashes } = found.proof;
      const { size, root } = found.checkpoint;
      await checkInclusion(await leafHash(body), index, size, hashes, root);
    },
    entry: () => { found.entry = parseEntry(found.proof.body); },
  };
  if (link !== null) {
    steps.link = () => refuseUnless(found.entry.eid === link.eid, "the proof of another entry");
  }
  if (link?.salt && document !== null) {
    steps.document = async () => {
      found.digest = hex(await sha256(document));
      const seal = await sealOf(found.digest, link.salt, found.entry.t);
      refuseUnless(seal === found.entry.prv[SEALED_DOCUMENT], "not the document that was sealed");
      found.isCompared = true;
    };
  }
  for (const [name, step] of Object.entries(steps)) {
    try {
      await step();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      return { ...found, failed: name, why: error.message, verdict: "invalid" };
    }
    found.passed.push(name);
  }
  return { ...found, verdict: verdictOf(policy, found.times) };
}

/** Only witnesses that the policy asks for make a full yes. */
function verdictOf(policy, times) {
  if (policy.quorum === NONE) return "published";
  return isQuorum(policy, policy.quorum, times) ? "witnessed" : "unwitnessed";
}

// RFC 8032, section 7.1, test 2: a browser that answers wrongly here is not asked anything else.
const KNOWN_KEY = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
const KNOWN_SIGNATURE = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
  + "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";

/** Say whether this browser can do what is needed, and does it rightly. */
async function canCheck() {
  const [key, signature] = [KNOWN_KEY, KNOWN_SIGNATURE].map((digits) =>
    Uint8Array.from(digits.match(/../g), (pair) => parseInt(pair, 16)));
  const damaged = signature.map((byte, at) => (at === 40 ? byte ^ 1 : byte));
  try {
    return await isSignedBy({ public: key }, signature, Uint8Array.of(0x72))
      && !await isSignedBy({ public: key }, damaged, Uint8Array.of(0x72))
      && base64url(await sha256()) === "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";
  } catch {
    return false;
  }
}
