/**
 * The machine's hash: one number for its memories and every versioned state.
 *
 * Here: the canonical text of a plain state and what is hashed in which order. Not here: the hash function, which the
 * host passes in (→ host/digest.ts). Reference: docs/architecture, "Time, and what a run is".
 * @module
 */

/** A running hash, like node:crypto's. */
export interface Digest {
  update(bytes: Uint8Array | string): unknown;
  /** Lower-case hexadecimal. */
  hex(): string;
}

/**
 * JSON with sorted keys, so that equal states have equal texts however they were built.
 * Refuses what JSON would lose silently (functions, undefined, numbers that are not finite): states are plain data.
 */
export function canonical(value: unknown): string {
  if (value === null || typeof value === "string" || typeof value === "boolean") return JSON.stringify(value);
  if (typeof value === "number") {
    // Chips say "never" with Infinity, which JSON would turn into null.
    return Number.isNaN(value) ? refuse("NaN") : Object.is(value, -0) ? "-0" : String(value);
  }
  if (typeof value !== "object") return refuse(typeof value);
  if (ArrayBuffer.isView(value)) return canonical([...(value as Uint8Array)]);
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  const record = value as Record<string, unknown>;
  const fields = Object.keys(record).sort();
  return `{${fields.map((key) => `${JSON.stringify(key)}:${canonical(record[key])}`).join(",")}}`;
}

/** Hash of the memories' bytes, in their order, and the canonical text of the states. */
export function machineHash(memories: readonly Uint8Array[], states: unknown, digest: Digest): string {
  for (const memory of memories) digest.update(memory);
  digest.update(canonical(states));
  return digest.hex();
}

function refuse(what: string): never {
  throw new Error(`a state holds ${what}, which is not plain data`);
}
