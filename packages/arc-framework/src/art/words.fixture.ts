/**
 * Words behind addresses, and ART's tables over them: a machine of 64 frames for tests of the tables.
 *
 * Here: a reader and writer, and a KIP that says where the image is. Not here: steps, undoing.
 * @module
 */
import { KIP_MEMORY_INFO, KIP_ROOT_SERVER, MEMORY_CONVENTIONAL, STANDARD_KIP_AREA } from "@kintsugi/microkernel";
import type { Transaction } from "../server/transaction.ts";
import { ArtMemory } from "./art-memory.ts";

export const FRAMES = 64;

export function words(): { readonly tx: Transaction; readonly memory: ArtMemory } {
  const content = new Map<number, number>([
    [STANDARD_KIP_AREA + KIP_MEMORY_INFO, (0x180 << 16) | 1],
    [STANDARD_KIP_AREA + 0x180, MEMORY_CONVENTIONAL],
    [STANDARD_KIP_AREA + 0x184, FRAMES * 4096 - 1],
    [STANDARD_KIP_AREA + KIP_ROOT_SERVER + 8, 0x10000],
  ]);
  const tx = {
    read: (address: number) => content.get(address) ?? 0,
    write: (address: number, value: number) => void content.set(address, value | 0),
    pages: {
      write: (address: number, bytes: Uint8Array) => {
        for (const [i, word] of new Int32Array(bytes.buffer).entries()) content.set(address + 4 * i, word);
      },
    },
  };
  const memory = new ArtMemory();
  memory.locate(tx);
  return { tx: tx as unknown as Transaction, memory };
}
