// @sigstore/verify judges the proof files of the portal: signature of the checkpoint, and inclusion.
//
// It is given each proof as the log entry of a bundle, and checks it with `verifyTLogInclusion`, the
// function its own Verifier calls. Whole bundles it accepts only for Rekor's own kinds of entry, so
// the function is taken from where it lies in the package. The proof file is read here, not by the
// portal's code.
//
//     judge_sigstore.js URL VKEY KEPT, with NODE_PATH where the package is
"use strict";

const crypto = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");
const { version } = require("@sigstore/verify/package.json");
const { VerificationError } = require("@sigstore/verify");
const { verifyTLogInclusion } = require("@sigstore/verify/dist/tlog");
const { verifyCheckpoint } = require("@sigstore/verify/dist/tlog/checkpoint");

const REFUSED = 3;
const RANDOM_PLACES = 200;
const WIDTH = 256;
const ED25519 = 1;

class RefusedError extends Error {}

function insist(accepted, otherwise) {
  if (!accepted) throw new RefusedError(otherwise);
}

async function get(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address} answers ${answer.status}`);
  return Buffer.from(await answer.arrayBuffer());
}

function logOf(vkey) {
  const [name, keyId] = vkey.split("+", 2);
  const raw = Buffer.from(vkey.slice(name.length + keyId.length + 2), "base64");
  insist(raw[0] === ED25519 && raw.length === 33, "not an Ed25519 key");
  const logID = crypto.createHash("sha256").update(`${name}\n`).update(raw).digest();
  insist(logID.subarray(0, 4).toString("hex") === keyId, "the key id does not fit the key");
  const x = raw.subarray(1).toString("base64url");
  const publicKey = crypto.createPublicKey({
    key: { kty: "OKP", crv: "Ed25519", x },
    format: "jwk",
  });
  return { logID, publicKey, baseURL: `https://${name}` };
}

function places(size) {
  const found = new Set([0, 1, 255, 256, 257, 65534, 65535, 65536, 65537, size - 1]);
  while (found.size < RANDOM_PLACES + 10) found.add(crypto.randomInt(size));
  return [...found].sort((a, b) => a - b);
}

async function publishedEntry(url, index, size) {
  const number = Math.floor(index / WIDTH);
  const width = Math.min(WIDTH, size - number * WIDTH);
  const partial = width === WIDTH ? "" : `.p/${width}`;
  const name = `${String(number).padStart(3, "0")}${partial}`;
  const packed = await get(`${url}/tile/entries/${name}`);
  let at = 0;
  for (let place = index % WIDTH; place > 0; place--) at += 2 + packed.readUInt16BE(at);
  return packed.subarray(at + 2, at + 2 + packed.readUInt16BE(at));
}

function readProof(file) {
  const text = file.toString("utf8");
  const end = text.indexOf("\n\n");
  const [header, extra, index, ...hashes] = text.slice(0, end).split("\n");
  insist(header === "c2sp.org/tlog-proof@v1", "not a proof file");
  return {
    body: Buffer.from(extra.slice("extra ".length), "base64"),
    index: index.slice("index ".length),
    hashes: hashes.map((hash) => Buffer.from(hash, "base64")),
    envelope: text.slice(end + 2),
  };
}

async function checkEntry(url, log, index, size) {
  const body = await publishedEntry(url, index, size);
  const { eid } = JSON.parse(body);
  const proof = readProof(await get(new URL(`/proof/${eid}.tlog-proof`, url)));
  insist(proof.body.equals(body), `the proof of entry ${index} holds other bytes than the log`);
  insist(proof.index === String(index), `the proof of entry ${index} tells another place`);
  const checkpoint = { envelope: proof.envelope };
  const inclusionProof = { logIndex: proof.index, hashes: proof.hashes, checkpoint };
  try {
    verifyTLogInclusion({ inclusionProof, canonicalizedBody: proof.body }, [log]);
  } catch (error) {
    if (error instanceof VerificationError) error.message = `entry ${index}: ${error.message}`;
    throw error;
  }
}

function checkNote(log, envelope) {
  return verifyCheckpoint({ inclusionProof: { checkpoint: { envelope } } }, [log]);
}

async function judge(url, vkey, kept) {
  const log = logOf(vkey);
  const older = fs.readdirSync(kept);
  for (const name of older) checkNote(log, fs.readFileSync(path.join(kept, name), "utf8"));
  const newest = checkNote(log, (await get(`${url}/checkpoint`)).toString("utf8"));
  const size = Number(newest.logSize);
  const lookedAt = places(size);
  for (const index of lookedAt) await checkEntry(url, log, index, size);
  return (
    `@sigstore/verify ${version} on Node ${process.versions.node}: ${older.length + 1} signed ` +
    `checkpoints, ${lookedAt.length} proof files of a log of ${size.toLocaleString("en")} entries`
  );
}

judge(...process.argv.slice(2, 5)).then(
  (line) => console.log(line),
  (error) => {
    console.error(`${error.name}: ${error.message}`);
    const refused = error instanceof RefusedError || error instanceof VerificationError;
    process.exit(refused ? REFUSED : 1);
  },
);
