/**
 * SHA-256 for the machine's hash and the image's.
 *
 * Here: node:crypto behind the interface that the pure parts know. Not here: what is hashed (→ ../hash.ts).
 * @module
 */
import { createHash } from "node:crypto";
import type { BootModule } from "../boot.ts";
import type { Digest } from "../hash.ts";

export function sha256(): Digest {
  const hash = createHash("sha256");
  return { update: (bytes) => hash.update(bytes), hex: () => hash.digest("hex") };
}

/** Names, command lines and bytes of the boot modules, and the disk: what a replay must find again. */
export function imageHash(modules: readonly BootModule[], disk: Uint8Array | undefined): string {
  const digest = sha256();
  for (const { commandLine, bytes } of modules) {
    digest.update(`${commandLine}\n${bytes.length}\n`);
    digest.update(bytes);
  }
  if (disk !== undefined) digest.update(disk);
  return digest.hex();
}
