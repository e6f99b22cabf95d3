/**
 * Transactional pages, as a P3 keeps them for a program on the rig.
 *
 * Here: P3_PROTECT, and what a restart undoes: the writes of a request that is open. Not here: the real P3, which copies a page at
 * its first write (→ arc-framework); windows.
 * @module
 */
import { P3_PROTECT, PROTECT_TRANSACTIONAL } from "../../packages/arc-framework/src/protocol/p3.ts";
import { STATUS_OK } from "../../packages/arc-framework/src/protocol/status.ts";
import type { RigMemory } from "./rig-memory.ts";

const PAGE = 4096;

export class RigTransactions {
  readonly #space: RigMemory;
  readonly #pages = new Set<number>();
  /** Pages as they were when the last request was received. */
  #before = new Map<number, Uint8Array>();

  constructor(space: RigMemory) {
    this.#space = space;
  }

  /** The reply to a message that is P3's to answer; undefined for another. */
  answer(label: number, words: readonly number[]): readonly number[] | undefined {
    const [base, pages, strength] = words as [number, number, number];
    if (label !== P3_PROTECT || strength !== PROTECT_TRANSACTIONAL) return undefined;
    for (let page = base; page < base + pages * PAGE; page += PAGE) this.#pages.add(page);
    return [STATUS_OK];
  }

  /** A request is received: those before it are committed. */
  begin(): void {
    this.#before = new Map([...this.#pages].map((page) => [page, this.#space.readBytes(page, PAGE)]));
  }

  /** The open request has failed. */
  undo(): void {
    for (const [page, bytes] of this.#before) this.#space.writeBytes(page, bytes);
  }

  /** A cold start: the program protects its pages anew. */
  forget(): void {
    this.#pages.clear();
    this.#before.clear();
  }
}
