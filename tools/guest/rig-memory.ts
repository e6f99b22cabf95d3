/**
 * The address space of a program on the rig: pages of docs/protocols.md, section 3, and what is loaded into them.
 *
 * Here: page tables, the ELF file's segments, reading and writing by linear address. Not here: the thread (→ guest-rig.ts).
 * @module
 */
import * as P from "../../packages/arc-framework/src/protocol/address-space.ts";
import { allocateMemory, GuestMemory } from "../../packages/ia32/src/index.ts";
import * as KIP from "../../packages/microkernel/src/api/kip.ts";

const PAGE = 4096;
const RAM = 0x200000;
/** What an ISA DMA channel cannot cross. */
const ISA_LINE = 0x10000;
/** Physical address of the page directory. */
export const DIRECTORY = 0x1000;
const FIRST_FRAME = 0x2000;
const PF_W = 2;
const ENTRY_CODE = 0xf00;
/** pop %ebx; mov %esp,%ebp; sysenter */
const IPC_ENTRY = [0x5b, 0x89, 0xe5, 0x0f, 0x34];

interface Segment {
  readonly address: number;
  readonly bytes: Uint8Array;
  readonly size: number;
  readonly writable: boolean;
  readonly persistent: boolean;
}

function segmentsOf(elf: Uint8Array): { readonly entry: number; readonly segments: readonly Segment[] } {
  const view = new DataView(elf.buffer, elf.byteOffset, elf.byteLength);
  const segments: Segment[] = [];
  for (let i = 0, at = view.getUint32(28, true); i < view.getUint16(44, true); i++, at += 32) {
    const [, offset, address, , fileSize, size, flags] = [0, 4, 8, 12, 16, 20, 24].map((n) =>
      view.getUint32(at + n, true),
    ) as [number, number, number, number, number, number, number];
    const bytes = elf.subarray(offset, offset + fileSize);
    if (size > 0)
      segments.push({
        address,
        bytes,
        size,
        writable: (flags & PF_W) !== 0,
        persistent: (flags & P.PF_PERSISTENT) !== 0,
      });
  }
  return { entry: view.getUint32(24, true), segments };
}

export class RigMemory {
  readonly memory: GuestMemory = new GuestMemory(allocateMemory(RAM, false), RAM);
  /** The program's entry. */
  readonly entry: number;
  readonly #segments: readonly Segment[];
  readonly #frames = new Map<number, number>();
  #nextFrame = FIRST_FRAME;

  constructor(elf: Uint8Array) {
    const { entry, segments } = segmentsOf(elf);
    this.entry = entry;
    this.#segments = segments;
    this.#mapAll();
    this.loadAll();
  }

  /** Loads the whole program. */
  loadAll(): void {
    for (const segment of this.#segments) if (segment.persistent) this.#loadSegment(segment);
    this.loadVolatile();
  }

  read(linear: number): number {
    return this.memory.read32(this.#physical(linear));
  }

  write(linear: number, value: number): void {
    this.memory.write32(this.#physical(linear), value);
  }

  /** Bytes within one page. */
  writeBytes(linear: number, bytes: Uint8Array): void {
    this.memory.writeBytes(this.#physical(linear), bytes);
  }

  /** Bytes within one page. */
  readBytes(linear: number, count: number): Uint8Array {
    return this.memory.readBytes(this.#physical(linear), count);
  }

  /** Pages in one piece, zeroed, at `base`, that no restart touches; their physical address, which crosses no 64 KiB line. */
  share(base: number, pages: number): number {
    const size = pages * PAGE;
    if ((this.#nextFrame % ISA_LINE) + PAGE + size > ISA_LINE)
      this.#nextFrame = Math.ceil(this.#nextFrame / ISA_LINE) * ISA_LINE;
    this.#map(base, size, true);
    for (let at = 0; at < size; at += PAGE) this.memory.fill(this.#physical(base + at), PAGE, 0);
    return this.#physical(base);
  }

  #loadSegment({ address, size, bytes }: Segment): void {
    for (let at = 0; at < size; at += PAGE) {
      const page = new Uint8Array(PAGE);
      page.set(bytes.subarray(at, at + PAGE));
      this.memory.writeBytes(this.#physical(address + at), page);
    }
  }

  /** Loads everything but persistent memory, and clears the stacks. */
  loadVolatile(): void {
    for (const segment of this.#segments) if (!segment.persistent) this.#loadSegment(segment);
    for (const [top, size] of [
      [P.STACK_TOP, P.STACK_SIZE],
      [P.RECOVERY_STACK_TOP, P.RECOVERY_STACK_SIZE],
    ] as const)
      for (let page = top - size; page < top; page += PAGE) this.memory.fill(this.#physical(page), PAGE, 0);
  }

  #physical(linear: number): number {
    const frame = this.#frames.get(Math.floor(linear / PAGE));
    if (frame === undefined) throw new Error(`nothing is mapped at ${hex(linear)}`);
    return frame + (linear % PAGE);
  }

  #map(low: number, size: number, writable: boolean): void {
    for (let page = Math.floor(low / PAGE); page * PAGE < low + size; page++) {
      const entry = DIRECTORY + 4 * (page >>> 10);
      if (this.memory.read32(entry) === 0) {
        this.memory.write32(entry, this.#nextFrame | 7);
        this.#nextFrame += PAGE;
      }
      const frame = this.#nextFrame;
      this.#nextFrame += PAGE;
      this.#frames.set(page, frame);
      const table = this.memory.read32(entry) & ~0xfff;
      this.memory.write32(table + 4 * (page & 0x3ff), frame | (writable ? 7 : 5));
    }
  }

  #mapAll(): void {
    for (const { address, size, writable } of this.#segments) this.#map(address, size, writable);
    this.#map(P.RESTART_PAGE, PAGE, false);
    this.#map(P.RECOVERY_STACK_TOP - P.RECOVERY_STACK_SIZE, P.RECOVERY_STACK_SIZE, true);
    this.#map(P.STACK_TOP - P.STACK_SIZE, P.STACK_SIZE, true);
    this.#map(KIP.STANDARD_UTCB_AREA, PAGE, true);
    this.#map(KIP.STANDARD_KIP_AREA, PAGE, false);
    this.#map(KIP.LOCAL_ID_PAGE, PAGE, true);
    for (let field = KIP.KIP_SPACE_CONTROL; field <= KIP.KIP_SCHEDULE; field += 4)
      this.write(KIP.STANDARD_KIP_AREA + field, ENTRY_CODE);
    this.memory.writeBytes(this.#physical(KIP.STANDARD_KIP_AREA + ENTRY_CODE), Uint8Array.from(IPC_ENTRY));
  }
}

export function hex(value: number): string {
  return `0x${(value >>> 0).toString(16)}`;
}
