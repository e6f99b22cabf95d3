/**
 * FaultyDisk: a disk with errors where somebody wants them.
 *
 * Here: rules, and which of them an operation meets. Not here: how a drive reports it (`hard-disk.ts`).
 * @module
 */
import type { Disk, DiskFault, DiskOperation } from "./disk.ts";

/** An operation that touches one of these sectors fails. */
export interface FaultRule {
  readonly operation: DiskOperation;
  readonly lba: number;
  readonly count: number;
  /** Bits of the error register. */
  readonly error: number;
  /** How often; it is gone afterwards. Infinity: for ever. */
  readonly times: number;
}

/** Wraps a disk; what does not meet a rule goes through. */
export class FaultyDisk implements Disk {
  readonly #disk: Disk;
  #rules: readonly FaultRule[] = [];

  constructor(disk: Disk) {
    this.#disk = disk;
  }

  /** The rules that are left. May be set at any time. */
  get rules(): readonly FaultRule[] {
    return this.#rules;
  }
  /** Replaces the rules that are left. */
  set rules(rules: readonly FaultRule[]) {
    this.#rules = rules;
  }

  /** Sectors of the disk behind it. */
  get sectors(): number {
    return this.#disk.sectors;
  }

  read(lba: number, count: number): Uint8Array {
    return this.#disk.read(lba, count);
  }

  write(lba: number, bytes: Uint8Array): void {
    this.#disk.write(lba, bytes);
  }

  flush(): void {
    this.#disk.flush();
  }

  fault(operation: DiskOperation, lba: number, count: number): DiskFault | null {
    const end = lba + count;
    const met = this.#rules.filter(
      (rule) => rule.operation === operation && rule.lba < end && lba < rule.lba + rule.count && rule.times > 0,
    );
    const first = met.reduce<FaultRule | null>((one, rule) => (one === null || rule.lba < one.lba ? rule : one), null);
    if (first === null) return this.#disk.fault?.(operation, lba, count) ?? null;
    this.#rules = this.#rules
      .map((rule) => (rule === first ? { ...rule, times: rule.times - 1 } : rule))
      .filter(({ times }) => times > 0);
    return { lba: Math.max(lba, first.lba), error: first.error };
  }
}
