/**
 * Guest RAM: the one write path, with hooks on pages.
 *
 * Here: reads and writes by physical address for kernels, loaders and DMA, and page hooks (decoded code,
 * observers). The interpreter writes through TLB entries only where a page has no hook, else through here.
 * Addresses outside RAM belong to devices; where none answers they read as ones and swallow writes.
 * @module
 */
import type { MemoryIo } from "../bus.ts";
import {
  CONTROL_AREA_SIZE,
  CONTROL_MAGIC,
  MAGIC_WORD,
  MAX_RAM_SIZE,
  PAGE_CODE,
  PAGE_DEVICE,
  PAGE_FLAGS,
  PAGE_HOOKED,
  PAGE_READ_ONLY,
  PAGE_WATCHED,
} from "../state/control-area.ts";

/** Told before each write to a page that it watches. */
export interface PageObserver {
  /** Bytes of physical page number `page` are about to change. */
  pageWritten(page: number): void;
}

/** The cache of decoded instructions, as memory sees it. */
export interface CodeCache {
  /** Bytes of a page with PAGE_CODE are about to change. */
  codeWritten(page: number, firstOffset: number, lastOffset: number): void;
  /** The page is now hooked: no TLB entry may write to it any more. */
  pageHooked(page: number): void;
  /** What lies at physical addresses has changed: no TLB entry may be kept. */
  pagesMoved(): void;
}

/** Nobody answers: ones are read, writes vanish. */
const NOBODY: MemoryIo = {
  read: (_, size) => (size === 4 ? 0xffffffff : size === 2 ? 0xffff : 0xff),
  write: () => {},
};

/** Memory for a processor: the control area, then `ramSize` bytes of RAM. Shared unless told otherwise. */
export function allocateMemory(ramSize: number, shared = true): WebAssembly.Memory {
  const pages = Math.ceil((CONTROL_AREA_SIZE + ramSize) / 65536);
  return new WebAssembly.Memory({ initial: pages, maximum: pages, shared });
}

/** Guest RAM and the one way to write it: the hooks of a page hear of each change, whoever makes it. */
export class GuestMemory {
  /** What it was made of: a WebAssembly.Memory where code is compiled. */
  readonly source: { readonly buffer: ArrayBufferLike };
  /** The WebAssembly memory's bytes: control area and RAM. */
  readonly buffer: ArrayBufferLike;
  /** Bytes of RAM; physical addresses are 0..size-1. */
  readonly size: number;
  /** The bytes of RAM: for hashing, saving, and loading a whole image before the first run. Writing here skips the hooks. */
  readonly ram: Uint8Array;
  /** Page flags, one byte for each physical page. */
  readonly flags: Uint8Array;
  readonly #view: DataView;
  readonly #observers: PageObserver[] = [];
  #codeCache: CodeCache | null = null;
  #devices: MemoryIo = NOBODY;

  constructor(memory: { readonly buffer: ArrayBufferLike }, ramSize: number) {
    if (ramSize < 0 || ramSize > MAX_RAM_SIZE || CONTROL_AREA_SIZE + ramSize > memory.buffer.byteLength)
      throw new RangeError(`guest RAM of ${ramSize} bytes does not fit the memory`);
    this.source = memory;
    this.buffer = memory.buffer;
    this.size = ramSize;
    this.ram = new Uint8Array(memory.buffer, CONTROL_AREA_SIZE, ramSize);
    this.flags = new Uint8Array(memory.buffer, PAGE_FLAGS, (ramSize + 4095) >>> 12);
    this.#view = new DataView(memory.buffer, CONTROL_AREA_SIZE, ramSize);
    const header = new DataView(memory.buffer, 0, CONTROL_AREA_SIZE);
    if (header.getInt32(MAGIC_WORD, true) !== CONTROL_MAGIC) {
      this.flags.fill(0);
      header.setInt32(MAGIC_WORD, CONTROL_MAGIC, true);
    }
  }

  /** Unsigned 8 bits; ones outside RAM and devices. */
  read8(physical: number): number {
    const address = physical >>> 0;
    return this.#isRam(address, 1) ? this.ram[address] : this.#devices.read(address, 1);
  }

  /** Unsigned 16 bits, little-endian. */
  read16(physical: number): number {
    const address = physical >>> 0;
    if (this.#isRam(address, 2)) return this.#view.getUint16(address, true);
    if (this.#isSplit(address, 2)) return this.read8(address) | (this.read8(address + 1) << 8);
    return this.#devices.read(address, 2);
  }

  /** Signed 32 bits. */
  read32(physical: number): number {
    const address = physical >>> 0;
    if (this.#isRam(address, 4)) return this.#view.getInt32(address, true);
    if (this.#isSplit(address, 4)) return this.read16(address) | (this.read16(address + 2) << 16);
    return this.#devices.read(address, 4) | 0;
  }

  /**
   * An aligned entry of a page table, signed. No device is asked: walks are made as often as somebody likes. Outside RAM
   * all bits are ones, as where nobody answers.
   */
  readEntry(physical: number): number {
    const address = physical >>> 0;
    return this.#isRam(address, 4) ? this.#view.getInt32(address, true) : -1;
  }

  /** Writes the low 8 bits of `value`; ignored outside RAM and devices, as the other writes are. */
  write8(physical: number, value: number): void {
    const address = physical >>> 0;
    if (address >= this.size) this.#devices.write(address, 1, value & 0xff);
    else if (this.#writable(address, 1, value & 0xff)) this.ram[address] = value;
  }

  /** Writes the low 16 bits of `value`, little-endian. */
  write16(physical: number, value: number): void {
    const address = physical >>> 0;
    if (this.#isSplit(address, 2)) {
      this.write8(address, value);
      this.write8(address + 1, value >>> 8);
    } else if (address >= this.size) this.#devices.write(address, 2, value & 0xffff);
    else if (this.#writable(address, 2, value & 0xffff)) this.#view.setUint16(address, value, true);
  }

  /** Writes 32 bits, little-endian. */
  write32(physical: number, value: number): void {
    const address = physical >>> 0;
    if (this.#isSplit(address, 4)) {
      this.write16(address, value);
      this.write16(address + 2, value >>> 16);
    } else if (address >= this.size) this.#devices.write(address, 4, value >>> 0);
    else if (this.#writable(address, 4, value >>> 0)) this.#view.setInt32(address, value, true);
  }

  /** Whole in RAM that no device covers. */
  #isRam(address: number, size: number): boolean {
    if (address + size > this.size || this.flags[address >>> 12] & PAGE_DEVICE) return false;
    return (address & 0xfff) + size <= 0x1000 || (this.flags[(address + size) >>> 12] & PAGE_DEVICE) === 0;
  }

  /** Crosses a page, or the end of RAM: made in parts. */
  #isSplit(address: number, size: number): boolean {
    return (address & 0xfff) + size > 0x1000 || (address < this.size && address + size > this.size);
  }

  /** Hears the hooks of a page; false where the bytes do not change. */
  #writable(address: number, size: 1 | 2 | 4, value: number): boolean {
    const flags = this.flags[address >>> 12];
    if ((flags & PAGE_HOOKED) === 0) return true;
    if (flags & PAGE_DEVICE) {
      this.#devices.write(address, size, value);
      return false;
    }
    if (flags & PAGE_READ_ONLY) return false;
    this.#beforeWrite(address, size);
    return true;
  }

  /** From now on devices answer outside RAM and for device pages. */
  attachDevices(devices: MemoryIo): void {
    this.#devices = devices;
  }

  /**
   * Takes pages out of RAM (`device`: the devices answer, the bytes stay hidden), makes them ROM (`readOnly`: writes
   * vanish, except by `ram`), or gives them back (`ram`). The processor forgets its translations of them.
   */
  setPages(firstPage: number, count: number, kind: "ram" | "readOnly" | "device"): void {
    const flag = kind === "device" ? PAGE_DEVICE : kind === "readOnly" ? PAGE_READ_ONLY : 0;
    const end = Math.min(firstPage + count, this.flags.length);
    for (let page = firstPage; page < end; page++) {
      if (this.flags[page] & PAGE_CODE) this.#codeCache?.codeWritten(page, 0, 0xfff);
      this.flags[page] = (this.flags[page] & ~(PAGE_DEVICE | PAGE_READ_ONLY)) | flag;
    }
    this.#codeCache?.pagesMoved();
  }

  /** A copy of `length` bytes; what lies outside RAM reads as ones. */
  readBytes(physical: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length).fill(0xff);
    const from = physical >>> 0;
    if (from < this.size) bytes.set(this.ram.subarray(from, Math.min(this.size, from + length)));
    return bytes;
  }

  /** Writes `bytes`; what lies outside RAM is dropped. */
  writeBytes(physical: number, bytes: Uint8Array): void {
    const to = physical >>> 0;
    const length = this.#clip(to, bytes.length);
    if (length === 0) return;
    this.#beforeRange(to, length);
    this.ram.set(length === bytes.length ? bytes : bytes.subarray(0, length), to);
  }

  /** Sets `length` bytes to `byte`; what lies outside RAM is dropped. */
  fill(physical: number, length: number, byte: number): void {
    const to = physical >>> 0;
    const inside = this.#clip(to, length);
    if (inside === 0) return;
    this.#beforeRange(to, inside);
    this.ram.fill(byte, to, to + inside);
  }

  /** Copies inside RAM, as if through a buffer; both ranges are cut where RAM ends. */
  copy(to: number, from: number, length: number): void {
    const target = to >>> 0;
    const source = from >>> 0;
    const inside = Math.min(this.#clip(target, length), this.#clip(source, length));
    if (inside === 0) return;
    this.#beforeRange(target, inside);
    this.ram.copyWithin(target, source, source + inside);
  }

  /** From now on `observer` hears of each write to a watched page, before the bytes change. */
  observe(observer: PageObserver): void {
    this.#observers.push(observer);
  }

  /** From now on writes to physical page number `page` are observed. */
  watch(page: number): void {
    if (page >= this.flags.length) return;
    this.flags[page] |= PAGE_WATCHED;
    this.#codeCache?.pageHooked(page);
  }

  /** Ends what {@link GuestMemory.watch} began. */
  unwatch(page: number): void {
    if (page < this.flags.length) this.flags[page] &= ~PAGE_WATCHED;
  }

  /** The processor over this memory registers its decoded code here; the last one counts. */
  attachCodeCache(cache: CodeCache): void {
    this.#codeCache = cache;
  }

  #clip(address: number, length: number): number {
    return address >= this.size ? 0 : Math.min(length, this.size - address);
  }

  #beforeRange(address: number, length: number): void {
    const end = address + length;
    for (let at = address; at < end; at = (at & ~0xfff) + 0x1000) {
      if (this.flags[at >>> 12] & PAGE_HOOKED) this.#beforeWrite(at, Math.min(end, (at & ~0xfff) + 0x1000) - at);
    }
  }

  #beforeWrite(address: number, length: number): void {
    const page = address >>> 12;
    const offset = address & 0xfff;
    if (this.flags[page] & PAGE_CODE) this.#codeCache?.codeWritten(page, offset, offset + length - 1);
    if (this.flags[page] & PAGE_WATCHED) for (const observer of this.#observers) observer.pageWritten(page);
  }
}
