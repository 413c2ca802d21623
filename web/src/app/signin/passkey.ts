// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

/**
 * Passkeys: what the server sends and gets is the JSON of WebAuthn level 3, which browsers read and write
 * themselves.
 */

/** Whether this browser, on this page, can use passkeys. */
export function hasPasskeys(): boolean {
  return globalThis.isSecureContext && typeof PublicKeyCredential === "function";
}

/** Let the person use a passkey; returns the assertion. Throws a DOMException when they do not. */
export async function getAssertion(options: Record<string, unknown>): Promise<unknown> {
  const json = unwrap(options) as unknown as PublicKeyCredentialRequestOptionsJSON;
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(json);
  const credential = await navigator.credentials.get({ publicKey });
  return toJson(credential);
}

/** Let the person make a passkey; returns its attestation. Throws a DOMException when they do not. */
export async function makePasskey(options: Record<string, unknown>): Promise<unknown> {
  const json = unwrap(options) as unknown as PublicKeyCredentialCreationOptionsJSON;
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(json);
  const credential = await navigator.credentials.create({ publicKey });
  return toJson(credential);
}

function unwrap(options: Record<string, unknown>): Record<string, unknown> {
  const inner = options.publicKey;
  return inner !== null && typeof inner === "object" ? (inner as Record<string, unknown>) : options;
}

function toJson(credential: Credential | null): unknown {
  if (!(credential instanceof PublicKeyCredential)) throw new DOMException("There is no passkey.", "NotAllowedError");
  return credential.toJSON();
}
