// Asks the device to use or to make a passkey, and sends its answer with the form around the button.
// What is asked comes from the page; what is answered is judged by the portal alone.
"use strict";

function bytes(text) {
  const letters = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
}

function written(buffer) {
  const letters = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(letters).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function named(passkeys) {
  return (passkeys ?? []).map((passkey) => ({ ...passkey, id: bytes(passkey.id) }));
}

const ASK = {
  get: (plan) =>
    navigator.credentials.get({
      publicKey: {
        ...plan,
        challenge: bytes(plan.challenge),
        allowCredentials: named(plan.allowCredentials),
      },
    }),
  create: (plan) =>
    navigator.credentials.create({
      publicKey: {
        ...plan,
        challenge: bytes(plan.challenge),
        user: { ...plan.user, id: bytes(plan.user.id) },
        excludeCredentials: named(plan.excludeCredentials),
      },
    }),
};
const PARTS = ["clientDataJSON", "authenticatorData", "signature", "userHandle", "attestationObject"];

function answer(passkey) {
  const given = PARTS.filter((part) => passkey.response[part]);
  return JSON.stringify({
    id: passkey.id,
    rawId: written(passkey.rawId),
    type: passkey.type,
    response: Object.fromEntries(given.map((part) => [part, written(passkey.response[part])])),
  });
}

async function use(block) {
  const { passkey: kind, plan } = block.dataset;
  const button = block.querySelector("button");
  const refused = block.querySelector("[role=alert]");
  const form = block.closest("form");
  refused.hidden = true;
  button.disabled = true;
  try {
    form.elements.credential.value = answer(await ASK[kind](JSON.parse(plan)));
  } catch {
    refused.hidden = false;
    return;
  } finally {
    button.disabled = false;
  }
  form.submit();
}

if (window.PublicKeyCredential) {
  for (const block of document.querySelectorAll("[data-passkey]")) {
    block.hidden = false;
    block.querySelector("button").addEventListener("click", () => use(block));
  }
  document.querySelector("[data-without-passkeys]")?.remove();
}
