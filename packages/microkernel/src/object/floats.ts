/**
 * Float registers: a thread's x87 and SSE state, in the processor only while it is being used.
 *
 * Here: #NM moves the registers: the owner's into its row, the new owner's out of its own. Threads that never use
 * floats cost nothing. Not here: when #NM is raised (→ glue/ia32/user-mode.ts).
 * Reference: SDM Vol. 3A, 2.5 (CR0.TS), 13.4.
 * @module
 */
import { FCW, FLOAT_REGISTER_COUNT, MXCSR } from "@kintsugi/ia32";
import { COST_FLOATS } from "../costs.ts";
import type { Arena } from "../table/arena.ts";
import { H, T } from "../table/layout.ts";
import { FLAG_FLOATS } from "../table/states.ts";

/** What FNINIT leaves, and MXCSR with every exception masked. */
const FCW_INITIAL = 0x37f;
const MXCSR_INITIAL = 0x1f80;

/** Brings the float registers of the owner, if there is one, into its row: the arena is then complete. */
export function saveFloats(a: Arena): void {
  const owner = a.get(H.floatOwner);
  if (owner === 0) return;
  const base = a.threads.wordAddress(owner, T.floats);
  for (let i = 0; i < FLOAT_REGISTER_COUNT; i++) a.words[base + i] = a.cpu.floatRegisters[i];
  a.set(H.floatOwner, 0);
}

/** The thread is about to use floats: the processor gets its registers, fresh ones at the first time. */
export function claimFloats(a: Arena, row: number): void {
  const t = a.threads;
  if (a.get(H.floatOwner) === row) return;
  a.charge(COST_FLOATS);
  saveFloats(a);
  const base = t.wordAddress(row, T.floats);
  if ((t.get(row, T.flags) & FLAG_FLOATS) === 0) {
    a.words.fill(0, base, base + FLOAT_REGISTER_COUNT);
    a.words[base + FCW] = FCW_INITIAL;
    a.words[base + MXCSR] = MXCSR_INITIAL;
    t.set(row, T.flags, t.get(row, T.flags) | FLAG_FLOATS);
  }
  for (let i = 0; i < FLOAT_REGISTER_COUNT; i++) a.cpu.floatRegisters[i] = a.words[base + i];
  a.set(H.floatOwner, row);
}

/** The thread is gone: its registers in the processor are nobody's. */
export function dropFloats(a: Arena, row: number): void {
  if (a.get(H.floatOwner) === row) a.set(H.floatOwner, 0);
}
