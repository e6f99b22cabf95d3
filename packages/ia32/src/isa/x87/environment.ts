/**
 * x87 environment and state images: FNSTENV FLDENV FNSAVE FRSTOR.
 *
 * Here: rows, meanings, and the four layouts: 16 and 32 bits, with selectors or, in real and virtual-8086 mode,
 * linear addresses. An image is asked for at both ends before the first byte is stored or taken.
 * SDM Vol. 1, 8.1.10, figures 8-9 to 8-12; Vol. 2.
 * @module
 */
import { probeWrite, read8, read16, read32, write16, write32 } from "../../mmu/access.ts";
import { EXCEPTIONS } from "../../softfloat/context.ts";
import type { Core } from "../../state/core.ts";
import { FCS, FCW, FDP, FDS, FIP, FOP, FSW, FTW, R0 } from "../../state/fpu.ts";
import { type Instruction, instruction } from "../instruction.ts";
import { linear, type Operation } from "../operation.ts";
import { initialize, loadControlWord } from "./control.ts";
import { checkAvailable, enter, place } from "./unit.ts";

/** The 16-bit tag word: valid, zero, special or empty for each physical register. */
export function tagWord(core: Core): number {
  const x = core.x;
  let tags = 0;
  for (let i = 0; i < 8; i++) {
    const at = R0 + 4 * i;
    const exponent = x[at + 2] & 0x7fff;
    let tag = 3;
    if ((x[FTW] >>> i) & 1) {
      if (exponent === 0 && (x[at] | x[at + 1]) === 0) tag = 1;
      else tag = exponent === 0 || exponent === 0x7fff || x[at + 1] >= 0 ? 2 : 0;
    }
    tags |= tag << (2 * i);
  }
  return tags;
}

function setTags(core: Core, tags: number): void {
  let present = 0;
  for (let i = 0; i < 8; i++) if (((tags >>> (2 * i)) & 3) !== 3) present |= 1 << i;
  core.x[FTW] = present;
}

const UPPER = 0xffff0000 | 0;

/** The pointers as linear addresses of 20 or 32 bits, as programs without selectors see them. */
function pointer(core: Core, selector: number, offset: number): number {
  return ((core.x[selector] << 4) + core.x[offset]) | 0;
}

function storeEnvironment32(core: Core, address: number): void {
  const x = core.x;
  const put = (place: number, value: number): void => write32(core, (address + 4 * place) | 0, value);
  put(0, UPPER | x[FCW]);
  put(1, UPPER | x[FSW]);
  put(2, UPPER | tagWord(core));
  if (core.selectors) {
    put(3, x[FIP]);
    put(4, x[FCS] | (x[FOP] << 16));
    put(5, x[FDP]);
    put(6, UPPER | x[FDS]);
    return;
  }
  const instruction = pointer(core, FCS, FIP);
  const operand = pointer(core, FDS, FDP);
  put(3, UPPER | instruction);
  put(4, ((instruction >>> 16) << 12) | x[FOP]);
  put(5, UPPER | operand);
  put(6, (operand >>> 16) << 12);
}
function storeEnvironment16(core: Core, address: number): void {
  const x = core.x;
  const words = [x[FCW], x[FSW], tagWord(core), x[FIP], x[FCS], x[FDP], x[FDS]];
  if (!core.selectors) {
    const instruction = pointer(core, FCS, FIP);
    const operand = pointer(core, FDS, FDP);
    words.splice(3, 4, instruction, ((instruction >>> 16) << 12) | x[FOP], operand, (operand >>> 16) << 12);
  }
  words.forEach((word, place) => {
    write16(core, (address + 2 * place) | 0, word);
  });
}

/** Takes the seven words of an environment, none of which can fail any more. */
function takeEnvironment(core: Core, words: readonly number[], wide: boolean): void {
  const x = core.x;
  x[FSW] = words[1] & 0xffff;
  setTags(core, words[2]);
  if (core.selectors) {
    x[FIP] = words[3];
    x[FCS] = words[4] & 0xffff;
    x[FOP] = wide ? (words[4] >>> 16) & 0x7ff : 0;
    x[FDP] = words[5];
    x[FDS] = words[6] & 0xffff;
  } else {
    const upper = wide ? 0xffff : 0xf;
    x[FIP] = (words[3] & 0xffff) | (((words[4] >>> 12) & upper) << 16);
    x[FOP] = words[4] & 0x7ff;
    x[FDP] = (words[5] & 0xffff) | (((words[6] >>> 12) & upper) << 16);
    x[FCS] = x[FDS] = 0;
  }
  loadControlWord(core, words[0]);
}
function loadEnvironment32(core: Core, address: number): void {
  const words = [0, 1, 2, 3, 4, 5, 6].map((place) => read32(core, (address + 4 * place) | 0));
  takeEnvironment(core, words, true);
}
function loadEnvironment16(core: Core, address: number): void {
  const words = [0, 1, 2, 3, 4, 5, 6].map((place) => read16(core, (address + 2 * place) | 0));
  takeEnvironment(core, words, false);
}

function storeRegisters(core: Core, address: number): void {
  const x = core.x;
  for (let i = 0; i < 8; i++) {
    const from = place(core, i);
    write32(core, (address + 10 * i) | 0, x[from]);
    write32(core, (address + 10 * i + 4) | 0, x[from + 1]);
    write16(core, (address + 10 * i + 8) | 0, x[from + 2]);
  }
}
/** TOP must be loaded already; tags are not touched. */
function loadRegisters(core: Core, address: number): void {
  const x = core.x;
  for (let i = 0; i < 8; i++) {
    const to = place(core, i);
    x[to] = read32(core, (address + 10 * i) | 0);
    x[to + 1] = read32(core, (address + 10 * i + 4) | 0);
    x[to + 2] = read16(core, (address + 10 * i + 8) | 0);
  }
}

// Of an image that crosses a page the recorded processor asks for the first element, of `element` bytes, then the last byte.

/** Faults where writing `size` bytes would. */
function probeWriteImage(core: Core, address: number, size: number, element: 2 | 4): void {
  probeWrite(core, address, element);
  probeWrite(core, (address + size - 1) | 0, 1);
}

/** Faults where reading `size` bytes would. */
function probeReadImage(core: Core, address: number, size: number, element: 2 | 4): void {
  if (element === 2) read16(core, address);
  else read32(core, address);
  read8(core, (address + size - 1) | 0);
}

export function fnstenv16(core: Core, operation: Operation): void {
  checkAvailable(core);
  const address = linear(core, operation, 14, true);
  probeWriteImage(core, address, 14, 2);
  storeEnvironment16(core, address);
  loadControlWord(core, core.x[FCW] | EXCEPTIONS);
}
export function fnstenv32(core: Core, operation: Operation): void {
  checkAvailable(core);
  const address = linear(core, operation, 28, true);
  probeWriteImage(core, address, 28, 4);
  storeEnvironment32(core, address);
  loadControlWord(core, core.x[FCW] | EXCEPTIONS);
}
export function fldenv16(core: Core, operation: Operation): void {
  enter(core);
  const address = linear(core, operation, 14, false);
  probeReadImage(core, address, 14, 2);
  loadEnvironment16(core, address);
}
export function fldenv32(core: Core, operation: Operation): void {
  enter(core);
  const address = linear(core, operation, 28, false);
  probeReadImage(core, address, 28, 4);
  loadEnvironment32(core, address);
}
export function fnsave16(core: Core, operation: Operation): void {
  checkAvailable(core);
  const address = linear(core, operation, 94, true);
  probeWriteImage(core, address, 94, 2);
  storeEnvironment16(core, address);
  storeRegisters(core, (address + 14) | 0);
  initialize(core);
}
export function fnsave32(core: Core, operation: Operation): void {
  checkAvailable(core);
  const address = linear(core, operation, 108, true);
  probeWriteImage(core, address, 108, 4);
  storeEnvironment32(core, address);
  storeRegisters(core, (address + 28) | 0);
  initialize(core);
}
export function frstor16(core: Core, operation: Operation): void {
  enter(core);
  const address = linear(core, operation, 94, false);
  probeReadImage(core, address, 94, 2);
  loadEnvironment16(core, address);
  loadRegisters(core, (address + 14) | 0);
}
export function frstor32(core: Core, operation: Operation): void {
  enter(core);
  const address = linear(core, operation, 108, false);
  probeReadImage(core, address, 108, 4);
  loadEnvironment32(core, address);
  loadRegisters(core, (address + 28) | 0);
}

export const FNSTENV: Instruction = instruction({
  mnemonic: "FNSTENV",
  encodings: [
    ["o16 D9 /6", "m14byte", "FPU"],
    ["o32 D9 /6", "m28byte", "FPU"],
  ],
  form: "direct",
  execute: [null, fnstenv16, fnstenv32],
});
export const FLDENV: Instruction = instruction({
  mnemonic: "FLDENV",
  encodings: [
    ["o16 D9 /4", "m14byte", "FPU"],
    ["o32 D9 /4", "m28byte", "FPU"],
  ],
  form: "direct",
  execute: [null, fldenv16, fldenv32],
});
export const FNSAVE: Instruction = instruction({
  mnemonic: "FNSAVE",
  encodings: [
    ["o16 DD /6", "m94byte", "FPU"],
    ["o32 DD /6", "m108byte", "FPU"],
  ],
  form: "direct",
  execute: [null, fnsave16, fnsave32],
});
export const FRSTOR: Instruction = instruction({
  mnemonic: "FRSTOR",
  encodings: [
    ["o16 DD /4", "m94byte", "FPU"],
    ["o32 DD /4", "m108byte", "FPU"],
  ],
  form: "direct",
  execute: [null, frstor16, frstor32],
});
