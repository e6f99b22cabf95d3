/**
 * User mode: putting a guest thread on the processor and taking it off again.
 *
 * Here: registers, segments, address space, the word behind %gs:0, #NM for all but the owner of the float registers. Not here: why it came back (→ exit.ts).
 * TLB tags are fewer than spaces: `tagOwner` remembers whose translations a tag holds. It is a cache:
 * a new one starts empty and only makes the processor forget.
 * @module
 */
import { TAGS } from "@kintsugi/ia32";
import { LOCAL_ID_PAGE } from "../../api/kip.ts";
import type { KernelProcessor } from "../../hardware.ts";
import { spaceTag } from "../../object/page-table.ts";
import { hasIoFpages } from "../../object/port-database.ts";
import type { Arena } from "../../table/arena.ts";
import { H, R, S, T } from "../../table/layout.ts";
import { REGISTER_COUNT } from "../../table/registers.ts";

const CODE_SELECTOR = 0x1b;
const DATA_SELECTOR = 0x23;
const LOCAL_ID_SELECTOR = 0x2b;
const FLAT_LIMIT = 0xffffffff;
const DPL_USER = 3;
/** A bit for each port. */
const BITMAP_BYTES = 8192;
const EVERY_PORT: Uint8Array = new Uint8Array(BITMAP_BYTES);

/** What the processor asks about a space's ports, as they were after so many changes. */
interface PortBitmap {
  readonly bits: Uint8Array;
  changes: number;
}

export class UserMode {
  readonly #arena: Arena;
  readonly #tagOwner: Int32Array = new Int32Array(TAGS);
  readonly #bitmaps: Map<number, PortBitmap> = new Map();

  constructor(arena: Arena) {
    this.#arena = arena;
  }

  /** Gives the processor the descriptors that user code runs with. */
  initialise(): void {
    const cpu = this.#arena.cpu;
    const flat = { base: 0, limit: FLAT_LIMIT, writable: true, readable: true, dpl: DPL_USER };
    cpu.setDescriptor(CODE_SELECTOR >> 3, { ...flat, kind: "code" });
    cpu.setDescriptor(DATA_SELECTOR >> 3, { ...flat, kind: "data" });
    cpu.setDescriptor(LOCAL_ID_SELECTOR >> 3, { ...flat, kind: "data", base: LOCAL_ID_PAGE, limit: 3 });
    cpu.setPaging(true);
    for (let tag = 0; tag < TAGS; tag++) cpu.invalidateSpace(tag);
  }

  /** Puts thread `row` on the processor. */
  load(row: number): void {
    const a = this.#arena;
    const cpu = a.cpu;
    const w = a.words;
    const me = a.threads.wordAddress(row, 0);
    if (a.get(H.lastGuest) !== row) {
      loadSegments(cpu);
      a.memory.write32(a.get(H.localIdPage), w[me + T.utcb]);
      a.set(H.lastGuest, row);
    }
    const space = w[me + T.space];
    const tag = spaceTag(space);
    if (this.#tagOwner[tag] !== space) {
      cpu.invalidateSpace(tag);
      this.#tagOwner[tag] = space;
    }
    cpu.setTaskSwitched(a.get(H.floatOwner) !== row);
    if (hasIoFpages(a)) cpu.setIoPermission(this.#portsOf(space));
    cpu.setAddressSpace(a.spaces.get(space, S.pageDirectory), tag);
    const { registers } = cpu;
    for (let i = 0, from = me + T.registers; i < REGISTER_COUNT; i++) registers[i] = w[from + i];
  }

  /** The ports of a space as the processor wants them. A cache: the regions say it. */
  #portsOf(space: number): Uint8Array | null {
    const a = this.#arena;
    if (space === a.get(H.sigma0Space)) return EVERY_PORT;
    if (a.spaces.get(space, S.regions) === 0) return null;
    const changes = a.get(H.regionChanges);
    let bitmap = this.#bitmaps.get(space);
    if (bitmap?.changes === changes) return bitmap.bits;
    bitmap ??= { bits: new Uint8Array(BITMAP_BYTES), changes };
    this.#bitmaps.set(space, bitmap);
    bitmap.changes = changes;
    bitmap.bits.fill(0xff);
    const r = a.regions;
    for (let row = a.spaces.get(space, S.regions); row !== 0; row = r.get(row, R.spaceNext)) {
      const end = r.get(row, R.port) + 2 ** r.get(row, R.bits);
      for (let port = r.get(row, R.port); port < end; port++) bitmap.bits[port >>> 3] &= ~(1 << (port & 7));
    }
    return bitmap.bits;
  }

  /** Saves the registers that the processor holds as thread `row`'s. */
  save(row: number): void {
    const a = this.#arena;
    const w = a.words;
    const { registers } = a.cpu;
    const base = a.threads.wordAddress(row, T.registers);
    for (let i = 0; i < REGISTER_COUNT; i++) w[base + i] = registers[i];
  }
}

/** A thread that left other selectors behind gets these again: nobody's segments outlive a switch. */
function loadSegments(cpu: KernelProcessor): void {
  cpu.loadSegment("cs", CODE_SELECTOR);
  cpu.loadSegment("ss", DATA_SELECTOR);
  cpu.loadSegment("ds", DATA_SELECTOR);
  cpu.loadSegment("es", DATA_SELECTOR);
  cpu.loadSegment("fs", DATA_SELECTOR);
  cpu.loadSegment("gs", LOCAL_ID_SELECTOR);
}
