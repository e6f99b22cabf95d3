/**
 * VGA: the display of a PC, ports and memory window.
 *
 * Here: sequencer, CRTC, graphics and attribute controller, DAC, as their ports show them.
 * Not here: the planes (`window.ts`), the beam (`timing.ts`), the picture (`render.ts`), VBE (`vbe/`).
 * The vertical interrupt and the light pen are not modelled. IBM PS/2 Hardware Interface Technical Reference (1992).
 * @module
 */
import type { Clock } from "../clock.ts";
import type { AccessSize, MmioDevice } from "../mmio-device.ts";
import type { PortDevice } from "../port-device.ts";
import * as R from "./registers.ts";
import { type Picture, renderVga } from "./render.ts";
import { copyVgaState, VGA_STATE_AT_RESET, type VgaFields, type VgaState } from "./state.ts";
import { screenText } from "./text.ts";
import { beamStatus } from "./timing.ts";
import { readWindow, writeWindow } from "./window.ts";

/** Bits that exist in the attribute registers: palette of six bits, the rest of eight. */
const ATTRIBUTE_REGISTERS = 0x15;
const CRTC_REGISTERS = 0x19;
const GRAPHICS_REGISTERS = 9;
const SEQUENCER_REGISTERS = 5;
/** CRTC overflow: the bit of the line compare, which the protection leaves open. */
const OVERFLOW_LINE_COMPARE = 0x10;

export class Vga implements PortDevice {
  readonly #clock: Clock;
  readonly #planes: Uint32Array;
  readonly #at: VgaFields;
  /** The window from a0000 to bffff. */
  readonly window: MmioDevice;

  /**
   * `memory` is the video memory, of VGA_PLANES_SIZE bytes at least, at a multiple of four in its buffer; who gives
   * it keeps it, as RAM.
   * @throws RangeError if it is too small or not aligned
   */
  constructor(clock: Clock, memory: Uint8Array, state: VgaState = VGA_STATE_AT_RESET) {
    this.#clock = clock;
    this.#planes = new Uint32Array(memory.buffer, memory.byteOffset, R.VGA_PLANES_SIZE / 4);
    if (memory.length < R.VGA_PLANES_SIZE) throw new RangeError(`a VGA has ${R.VGA_PLANES_SIZE} bytes of memory`);
    this.#at = copyVgaState(state);
    this.window = {
      read: (offset, size) => this.#readWindow(offset, size),
      write: (offset, size, value) => writeWindow(this.#at, this.#planes, offset, size, value),
    };
  }

  /** A copy: the registers; the video memory is not in it. */
  get state(): VgaState {
    return copyVgaState(this.#at);
  }

  /** The picture now; components of the palette have 6 bits, or 8 where a VBE says so. */
  render(bits: 6 | 8 = 6): Picture {
    return renderVga(this.#at, this.#planes, bits);
  }

  /** The rows of characters on the screen, without blanks at their ends; none in a graphics mode. */
  text(): string[] {
    return screenText(this.#at, this.#planes);
  }

  read(offset: number): number {
    const at = this.#at;
    switch (this.#place(offset)) {
      case R.VGA_ATTRIBUTE:
        return at.attributeIndex;
      case R.VGA_ATTRIBUTE_READ:
        return at.attribute[at.attributeIndex & 31];
      case R.VGA_MISC_READ:
        return at.misc;
      case R.VGA_MISC_WRITE:
        // Input status 0: a colour monitor is there.
        return 0x10;
      case R.VGA_SUBSYSTEM_ENABLE:
        return 1;
      case R.VGA_FEATURE_READ:
        return at.feature;
      case R.VGA_SEQUENCER_INDEX:
        return at.sequencerIndex;
      case R.VGA_SEQUENCER_DATA:
        return at.sequencer[at.sequencerIndex];
      case R.VGA_GRAPHICS_INDEX:
        return at.graphicsIndex;
      case R.VGA_GRAPHICS_DATA:
        return at.graphics[at.graphicsIndex];
      case R.VGA_CRTC_INDEX:
        return at.crtcIndex;
      case R.VGA_CRTC_DATA:
        return at.crtc[at.crtcIndex];
      case R.VGA_DAC_MASK:
        return at.dacMask;
      case R.VGA_DAC_READ_INDEX:
        return at.dacReads ? 3 : 0;
      case R.VGA_DAC_WRITE_INDEX:
        return at.dacIndex;
      case R.VGA_DAC_DATA:
        return this.#readDac();
      case R.VGA_STATUS1:
        at.attributeData = false;
        return beamStatus(at, this.#clock.now());
      default:
        return 0xff;
    }
  }

  write(offset: number, value: number): void {
    const at = this.#at;
    switch (this.#place(offset)) {
      case R.VGA_ATTRIBUTE:
        this.#writeAttribute(value);
        break;
      case R.VGA_MISC_WRITE:
        at.misc = value;
        break;
      case R.VGA_STATUS1:
        at.feature = value;
        break;
      case R.VGA_SEQUENCER_INDEX:
        at.sequencerIndex = value & 7;
        break;
      case R.VGA_SEQUENCER_DATA:
        if (at.sequencerIndex < SEQUENCER_REGISTERS) at.sequencer[at.sequencerIndex] = value;
        break;
      case R.VGA_GRAPHICS_INDEX:
        at.graphicsIndex = value & 15;
        break;
      case R.VGA_GRAPHICS_DATA:
        if (at.graphicsIndex < GRAPHICS_REGISTERS) at.graphics[at.graphicsIndex] = value;
        break;
      case R.VGA_CRTC_INDEX:
        at.crtcIndex = value & 31;
        break;
      case R.VGA_CRTC_DATA:
        this.#writeCrtc(value);
        break;
      case R.VGA_DAC_MASK:
        at.dacMask = value;
        break;
      case R.VGA_DAC_READ_INDEX:
      case R.VGA_DAC_WRITE_INDEX:
        at.dacIndex = value;
        at.dacComponent = 0;
        at.dacReads = this.#place(offset) === R.VGA_DAC_READ_INDEX;
        break;
      case R.VGA_DAC_DATA:
        at.palette[3 * at.dacIndex + at.dacComponent] = value;
        this.#nextComponent();
        break;
      default: // Read only, or nothing.
    }
  }

  /** CRTC and status 1 are at 3dx or at 3bx, as the miscellaneous register says; the other place is empty. */
  #place(offset: number): number {
    const colour = (this.#at.misc & R.VGA_MISC_COLOUR) !== 0;
    const moves = R.VGA_CRTC_INDEX - R.VGA_CRTC_INDEX_MONO;
    if (offset < R.VGA_ATTRIBUTE) return colour ? -1 : offset + moves;
    return offset >= moves && !colour ? -1 : offset;
  }

  #writeAttribute(value: number): void {
    const at = this.#at;
    if (!at.attributeData) at.attributeIndex = value & 0x3f;
    else if ((at.attributeIndex & 31) < ATTRIBUTE_REGISTERS)
      at.attribute[at.attributeIndex & 31] = (at.attributeIndex & 31) < 16 ? value & 0x3f : value;
    at.attributeData = !at.attributeData;
  }

  #writeCrtc(value: number): void {
    const { crtc, crtcIndex } = this.#at;
    if (crtcIndex >= CRTC_REGISTERS) return;
    const isProtected = (crtc[R.VGA_CRTC_RETRACE_END] & R.VGA_RETRACE_PROTECT) !== 0;
    if (!isProtected || crtcIndex > R.VGA_CRTC_OVERFLOW) crtc[crtcIndex] = value;
    else if (crtcIndex === R.VGA_CRTC_OVERFLOW)
      crtc[crtcIndex] = (crtc[crtcIndex] & ~OVERFLOW_LINE_COMPARE) | (value & OVERFLOW_LINE_COMPARE);
  }

  #readDac(): number {
    const value = this.#at.palette[3 * this.#at.dacIndex + this.#at.dacComponent];
    this.#nextComponent();
    return value;
  }

  #nextComponent(): void {
    const at = this.#at;
    at.dacComponent = (at.dacComponent + 1) % 3;
    if (at.dacComponent === 0) at.dacIndex = (at.dacIndex + 1) & 0xff;
  }

  #readWindow(offset: number, size: AccessSize): number {
    let value = 0;
    for (let i = 0; i < size; i++) value |= readWindow(this.#at, this.#planes, offset + i) << (8 * i);
    return value >>> 0;
  }
}
