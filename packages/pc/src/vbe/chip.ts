/**
 * Bochs VBE: large pictures in a linear frame buffer, on top of a VGA.
 *
 * Here: index and data port, banks, the frame buffer as a PCI window. Not here: the VGA below (`vga/`), which
 * shows its own picture, and has the window at a0000, until VBE is enabled. Depth 4 shows as the VGA's own picture.
 * Bochs VBE display interface; QEMU, docs/specs/standard-vga.
 * @module
 */
import type { AccessSize, MmioDevice } from "../mmio-device.ts";
import { ConfigSpace, type ConfigSpaceState, type PciRom, type PciWindow } from "../pci/config-space.ts";
import type { PciFunction } from "../pci/host.ts";
import { PCI_COMMAND_IO, PCI_COMMAND_MEMORY } from "../pci/registers.ts";
import type { WidePortDevice } from "../port-device.ts";
import type { Vga } from "../vga/chip.ts";
import { type Picture, paletteColours } from "../vga/render.ts";
import { bytesPerPixel, renderLinear } from "./picture.ts";
import * as R from "./registers.ts";

/** Plain, versioned state; the VGA's is apart, and the memory is who gave it. */
export interface VbeState {
  readonly version: 1;
  readonly config: ConfigSpaceState | null;
  readonly index: number;
  /** The registers by index. */
  readonly registers: readonly number[];
}

export const VBE_STATE_AT_RESET: VbeState = {
  version: 1,
  config: null,
  index: 0,
  registers: Array.from({ length: R.VBE_REGISTER_COUNT }, (_, i) => (i === R.VBE_ID ? R.VBE_ID5 : 0)),
};

export class Vbe implements WidePortDevice, PciFunction {
  readonly #vga: Vga;
  readonly #memory: Uint8Array;
  readonly #view: DataView;
  readonly #config: ConfigSpace;
  readonly #registers: Uint16Array;
  #index: number;
  /** The window from a0000 to bffff: a bank while VBE is enabled, else the VGA's. */
  readonly window: MmioDevice;
  /** The whole memory, one byte after another. */
  readonly frameBuffer: MmioDevice;

  /**
   * `memory` is the one of the VGA; its size, a power of two, is that of the frame buffer. `rom` is the firmware
   * of the display, which a BIOS finds as the expansion ROM; none if null.
   * @throws RangeError for a memory of another size
   */
  constructor(vga: Vga, memory: Uint8Array, rom: Uint8Array | null = null, state: VbeState = VBE_STATE_AT_RESET) {
    const size = memory.length;
    if (size < R.VBE_BANK_SIZE || (size & (size - 1)) !== 0) throw new RangeError(`${size} bytes are no frame buffer`);
    this.#vga = vga;
    this.#memory = memory;
    this.#view = new DataView(memory.buffer, memory.byteOffset, size);
    this.#index = state.index;
    this.#registers = Uint16Array.from(state.registers);
    this.frameBuffer = {
      read: (offset, width) => this.#read(offset, width),
      write: (offset, width, value) => this.#write(offset, width, value),
    };
    this.window = {
      read: (offset, width) => {
        if (!this.#enabled) return vga.window.read(offset, width);
        return offset < R.VBE_BANK_SIZE ? this.#read(this.#bank + offset, width) : 2 ** (8 * width) - 1;
      },
      write: (offset, width, value) => {
        if (!this.#enabled) vga.window.write(offset, width, value);
        else if (offset < R.VBE_BANK_SIZE) this.#write(this.#bank + offset, width, value);
      },
    };
    this.#config = new ConfigSpace(
      {
        vendorId: R.VBE_PCI_VENDOR_ID,
        deviceId: R.VBE_PCI_DEVICE_ID,
        classCode: 0x030000,
        revision: 2,
        command: PCI_COMMAND_IO | PCI_COMMAND_MEMORY,
        bars: [{ bar: 0, space: "memory", size, device: this.frameBuffer }],
        rom: rom === null ? undefined : romOf(rom),
      },
      state.config ?? undefined,
    );
  }

  /** A copy: without the VGA below and without the memory. */
  get state(): VbeState {
    return { version: 1, config: this.#config.state, index: this.#index, registers: [...this.#registers] };
  }

  get windows(): readonly PciWindow[] {
    return this.#config.windows;
  }

  readConfig(offset: number, size: AccessSize): number {
    return this.#config.read(offset, size);
  }

  writeConfig(offset: number, size: AccessSize, value: number): void {
    this.#config.write(offset, size, value);
  }

  /** The picture on the screen now, whoever makes it. */
  render(): Picture {
    const at = this.#registers;
    const bits = (at[R.VBE_ENABLE] & R.VBE_8BIT_DAC) !== 0 ? 8 : 6;
    const size = bytesPerPixel(at[R.VBE_BPP]);
    if (!this.#enabled || size === 0) return this.#vga.render(bits);
    const pitch = at[R.VBE_VIRTUAL_WIDTH] * size;
    const mode = {
      width: at[R.VBE_XRES],
      height: at[R.VBE_YRES],
      bpp: at[R.VBE_BPP],
      start: at[R.VBE_Y_OFFSET] * pitch + at[R.VBE_X_OFFSET] * size,
      pitch,
    };
    return renderLinear(mode, this.#memory, paletteColours(this.#vga.state, bits));
  }

  /** The rows of characters on the screen; none in a graphics mode. */
  text(): string[] {
    return this.#enabled ? [] : this.#vga.text();
  }

  /** The registers are words: a byte reads as nothing, and a write of one is lost. */
  read(): number {
    return 0xff;
  }

  write(): void {}

  readWide(offset: number, size: 2 | 4): number {
    const above = size === 4 ? 0xffff0000 : 0;
    if (offset === R.VBE_INDEX) return (above | this.#index) >>> 0;
    return (above | (offset <= R.VBE_DATA_ALIGNED ? this.#readRegister() : 0xffff)) >>> 0;
  }

  writeWide(offset: number, _size: 2 | 4, value: number): void {
    if (offset === R.VBE_INDEX) this.#index = value & 0xffff;
    else if (offset <= R.VBE_DATA_ALIGNED) this.#writeRegister(value & 0xffff);
  }

  get #enabled(): boolean {
    return (this.#registers[R.VBE_ENABLE] & R.VBE_ENABLED) !== 0;
  }

  get #bank(): number {
    return this.#registers[R.VBE_BANK] * R.VBE_BANK_SIZE;
  }

  #readRegister(): number {
    if (this.#index >= R.VBE_REGISTER_COUNT) return 0xffff;
    if (this.#index === R.VBE_MEMORY_64K) return this.#memory.length / R.VBE_BANK_SIZE;
    const capabilities = (this.#registers[R.VBE_ENABLE] & R.VBE_GETCAPS) !== 0;
    if (capabilities && this.#index === R.VBE_XRES) return R.VBE_MAXIMUM_XRES;
    if (capabilities && this.#index === R.VBE_YRES) return R.VBE_MAXIMUM_YRES;
    if (capabilities && this.#index === R.VBE_BPP) return R.VBE_MAXIMUM_BPP;
    return this.#registers[this.#index];
  }

  /** Resolution and depth cannot be changed while enabled; values that are none leave a register as it is. */
  #writeRegister(value: number): void {
    const at = this.#registers;
    switch (this.#index) {
      case R.VBE_ID:
        if (value >= R.VBE_ID0 && value <= R.VBE_ID5) at[R.VBE_ID] = value;
        break;
      case R.VBE_XRES:
        if (!this.#enabled && value <= R.VBE_MAXIMUM_XRES) at[R.VBE_XRES] = value & ~7;
        break;
      case R.VBE_YRES:
        if (!this.#enabled && value <= R.VBE_MAXIMUM_YRES) at[R.VBE_YRES] = value;
        break;
      case R.VBE_BPP:
        if (!this.#enabled && (value === 4 || bytesPerPixel(value) > 0)) at[R.VBE_BPP] = value;
        break;
      case R.VBE_ENABLE:
        this.#enable(value);
        break;
      case R.VBE_BANK:
        if (value < this.#memory.length / R.VBE_BANK_SIZE) at[R.VBE_BANK] = value;
        break;
      case R.VBE_VIRTUAL_WIDTH:
        if (value >= at[R.VBE_XRES]) this.#setVirtualWidth(value);
        break;
      case R.VBE_X_OFFSET:
      case R.VBE_Y_OFFSET:
        at[this.#index] = value;
        break;
      default: // Virtual height and size of the memory can only be read.
    }
  }

  #enable(value: number): void {
    const at = this.#registers;
    const starts = (value & R.VBE_ENABLED) !== 0 && !this.#enabled;
    at[R.VBE_ENABLE] = value & (R.VBE_ENABLED | R.VBE_GETCAPS | R.VBE_8BIT_DAC | R.VBE_LFB_ENABLED);
    if (!starts) return;
    this.#setVirtualWidth(at[R.VBE_XRES]);
    at[R.VBE_X_OFFSET] = 0;
    at[R.VBE_Y_OFFSET] = 0;
    at[R.VBE_BANK] = 0;
    if ((value & R.VBE_NOCLEARMEM) === 0)
      this.#memory.fill(0, 0, at[R.VBE_VIRTUAL_WIDTH] * bytesPerPixel(at[R.VBE_BPP]) * at[R.VBE_YRES]);
  }

  /** The height is what the memory has room for. */
  #setVirtualWidth(width: number): void {
    const pitch = width * (bytesPerPixel(this.#registers[R.VBE_BPP]) || 1);
    this.#registers[R.VBE_VIRTUAL_WIDTH] = width;
    this.#registers[R.VBE_VIRTUAL_HEIGHT] = pitch === 0 ? 0 : Math.min(0xffff, Math.floor(this.#memory.length / pitch));
  }

  #read(offset: number, size: AccessSize): number {
    if (offset + size > this.#memory.length) return 2 ** (8 * size) - 1;
    if (size === 1) return this.#memory[offset];
    return size === 2 ? this.#view.getUint16(offset, true) : this.#view.getUint32(offset, true);
  }

  #write(offset: number, size: AccessSize, value: number): void {
    if (offset + size > this.#memory.length) return;
    if (size === 1) this.#memory[offset] = value;
    else if (size === 2) this.#view.setUint16(offset, value, true);
    else this.#view.setUint32(offset, value, true);
  }
}

/** A ROM as a window: filled up with ones to a power of two. */
function romOf(bytes: Uint8Array): PciRom {
  const size = 2 ** Math.max(11, Math.ceil(Math.log2(bytes.length)));
  const device: MmioDevice = {
    read: (offset, width) => {
      let value = 0;
      for (let i = 0; i < width; i++) value |= (bytes[offset + i] ?? 0xff) << (8 * i);
      return value >>> 0;
    },
    write: () => undefined,
  };
  return { size, device };
}
