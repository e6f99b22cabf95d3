/**
 * LastWords: what a run that came to a standstill says of itself.
 *
 * Here: the threads that stopped for good and the last page fault, as the kernel tells an observer. Not here: when a run
 * is at a standstill (→ l4-machine.ts).
 * @module
 */
import { hex } from "./debugger-console.ts";

/** Halted threads that are remembered: the last ones. */
const MOST_HALTED = 8;

export class LastWords {
  readonly #halted: string[] = [];
  /** Thread, address and EIP of the last page fault. */
  readonly #fault: Int32Array = new Int32Array(3);

  halted(thread: number, reason: string): void {
    if (this.#halted.push(`thread ${hex(thread)}: ${reason}`) > MOST_HALTED) this.#halted.shift();
  }

  pageFault(thread: number, address: number, ip: number): void {
    this.#fault[0] = thread;
    this.#fault[1] = address;
    this.#fault[2] = ip;
  }

  /** One sentence each. */
  get sentences(): string[] {
    const [thread, address, ip] = this.#fault;
    const fault = `the last page fault was of thread ${hex(thread)} at ${hex(address)}, by ${hex(ip)}`;
    return thread === 0 ? [...this.#halted] : [...this.#halted, fault];
  }
}
