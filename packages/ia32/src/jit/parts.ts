/**
 * Low parts of registers that a block has made: AL behind a write of AL is at hand, and EAX need not be taken apart.
 *
 * Chains of operations on bytes and words then wait for no register to be put together in between. Only within a block.
 * Here: which local has the low bits of a register, zero-extended. Not here: taking apart and putting together (→ emitter.ts).
 * @module
 */

export class Parts {
  /** Whether the function is worth its locals. */
  enabled = false;
  /** By register: bits that are known, 0 for none, and the local that has them. */
  readonly #sizes: number[] = new Array(8).fill(0);
  readonly #locals: number[] = new Array(8).fill(0);

  /** A block begins. */
  begin(): void {
    this.#sizes.fill(0);
  }

  /** A register gets another value. */
  changed(register: number): void {
    this.#sizes[register] = 0;
  }

  /** A local holds the low `size` bits of a register until it changes. */
  learn(register: number, size: 8 | 16, from: number): void {
    if (!this.enabled) return;
    this.#sizes[register] = size;
    this.#locals[register] = from;
  }

  /** Bits of the register, at least `size`, that local() has; 0: none. */
  size(register: number, size: number): number {
    const known = this.#sizes[register];
    return known >= size ? known : 0;
  }

  local(register: number): number {
    return this.#locals[register];
  }
}
