// A program for both engines, as plain data: what is laid out where, how the machine is set up, what the host does when.
//
// Here: the shape. Not here: making one by chance (generate.ts), turning it into a machine (machine.ts).
import type { Mix } from "./instructions.ts";

/** What a place in an instruction's bytes becomes when it is laid out: an address of (`block`, `item`), plus `add`. */
export interface Fixup {
  readonly at: number;
  /** `rel…`: from behind the field. `eip`: the value that jumps use. `linear`, `alias`: of the first or second mapping. */
  readonly kind: "rel8" | "rel16" | "rel32" | "eip" | "eipAlias" | "linear" | "alias";
  readonly block: number;
  readonly item: number;
  readonly add: number;
}

/** What is kept or left out as a whole: usually one instruction. */
export interface Item {
  readonly bytes: readonly number[];
  readonly fixups: readonly Fixup[];
}

export interface Block {
  /** Linear address. */
  readonly at: number;
  readonly items: readonly Item[];
}

/** Something the host does before a run. */
export type HostEvent =
  | { readonly kind: "interrupt" }
  | { readonly kind: "nonMaskable" }
  /** DMA, or another program: bytes at a physical address. */
  | { readonly kind: "write"; readonly physical: number; readonly bytes: readonly number[] }
  | { readonly kind: "breakpoint"; readonly linear: number | null }
  | { readonly kind: "watchpoint"; readonly linear: number | null }
  | { readonly kind: "observe"; readonly page: number }
  | { readonly kind: "restore" }
  | { readonly kind: "flags"; readonly value: number };

export interface Step {
  readonly budget: number;
  readonly event: HostEvent | null;
}

export interface Environment {
  /** Whose program it is: CPL 3, virtual 8086 or CPL 0 over a kernel of our own in architectural mode, or a host kernel's. */
  readonly level: "user" | "virtual" | "kernel" | "host";
  readonly paging: "off" | "plain" | "pae";
  /** 32-bit code. */
  readonly wide: boolean;
  readonly mix: Mix;
  /** The second mapping is one large page. */
  readonly large: boolean;
  readonly writeProtect: boolean;
  /** CR0.AM: a program that sets EFLAGS.AC has its accesses checked. */
  readonly alignmentMask: boolean;
  /** Programs may write to their own page tables. */
  readonly tablesOpen: boolean;
  readonly device: boolean;
  /** A page fault makes the page present and writable, and the instruction is restarted. */
  readonly demand: boolean;
  /** Frame of each page of code and of data: an order of them. */
  readonly codeFrames: readonly number[];
  readonly dataFrames: readonly number[];
  /** Bits of the entries of data pages, in the order of linear addresses; of the code pages, and of the second mapping. */
  readonly dataRights: readonly number[];
  readonly codeRights: readonly number[];
  readonly aliasRights: number;
  /** The second mapping, unless it is one large page, and some pages of code may not be executed. */
  readonly noExecute: boolean;
  readonly controlWord: number;
  readonly mxcsr: number;
}

export interface Program {
  readonly seed: number;
  readonly environment: Environment;
  readonly blocks: readonly Block[];
  readonly steps: readonly Step[];
  /** EAX to EDI; ESP is set anyway. */
  readonly registers: readonly number[];
}
