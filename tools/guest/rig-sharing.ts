/**
 * Pages of the session region, as a P3 gives them to a program on the rig.
 *
 * Here: P3_SHARED_OPEN with its keys, P3_SHARED_OFFER and who may map, P3_SHARED_MAP of pages that a server offers. Not here: the real P3 (→ arc-framework).
 * @module
 */
import { SESSION_AREA } from "../../packages/arc-framework/src/protocol/address-space.ts";
import {
  P3_SHARED_MAP,
  P3_SHARED_OFFER,
  P3_SHARED_OPEN,
  SHARED_DEVICE,
} from "../../packages/arc-framework/src/protocol/p3.ts";
import { STATUS_OK } from "../../packages/arc-framework/src/protocol/status.ts";
import type { RigMemory } from "./rig-memory.ts";

const PAGE = 4096;

export class RigSharing {
  readonly #space: RigMemory;
  readonly #deviceMemory: boolean;
  /** Physical address → reply. */
  readonly #devices = new Map<number, readonly number[]>();
  /** Key → reply. */
  #pages = new Map<number, readonly number[]>();
  #next = SESSION_AREA;
  /** Base → thread that may map, 0: nobody. */
  readonly offers = new Map<number, number>();
  /** Thread → where pages of its lie in the program. */
  readonly maps = new Map<number, number>();

  /** @param deviceMemory device memory is there, as pages of the rig's RAM; otherwise it only has an address */
  constructor(space: RigMemory, deviceMemory: boolean) {
    this.#space = space;
    this.#deviceMemory = deviceMemory;
  }

  /** The reply to a message that is P3's to answer; undefined for another. */
  answer(label: number, words: readonly number[]): readonly number[] | undefined {
    if (label === P3_SHARED_OFFER) {
      this.offers.set(words[0]!, words[1]!);
      return [STATUS_OK];
    }
    if (label === P3_SHARED_MAP) return this.#map(words as [number, number, number, number]);
    if (label !== P3_SHARED_OPEN) return undefined;
    const [key, kind, count] = words as [number, number, number];
    let reply = this.#pages.get(key);
    if (reply === undefined) {
      reply = kind === SHARED_DEVICE ? this.#device(words[3]!, count) : this.#ram(count);
      this.#pages.set(key, reply);
    }
    return reply;
  }

  #ram(count: number): readonly number[] {
    const base = this.#next;
    this.#next += count * PAGE;
    return [STATUS_OK, base, this.#space.share(base, count)];
  }

  /** A device's memory is the same again after a cold start. */
  #device(physical: number, count: number): readonly number[] {
    const known = this.#devices.get(physical);
    if (known !== undefined) return known;
    const base = this.#next;
    this.#next += count * PAGE;
    if (this.#deviceMemory) this.#space.share(base, count);
    const reply = [STATUS_OK, base, physical];
    this.#devices.set(physical, reply);
    return reply;
  }

  #map([key, owner, , count]: [number, number, number, number]): readonly number[] {
    const reply = this.#pages.get(key) ?? [STATUS_OK, this.#next];
    if (!this.#pages.has(key)) {
      this.#space.share(this.#next, count);
      this.#next += count * PAGE;
      this.#pages.set(key, reply);
    }
    this.maps.set(owner, reply[1]!);
    return reply;
  }

  /** A cold start: the program's pages are no longer its own. */
  forget(): void {
    this.#pages = new Map();
    this.offers.clear();
    this.maps.clear();
  }
}
