/**
 * Debugger traps: what `int3` and the bytes behind it ask of the kernel debugger.
 *
 *     int3; cmpb $op,%al            operation: 0 print AL, 1 print the string at EAX, 8 read a character, 0xd wait for one
 *     int3; jmp +n; mov $text,%eax  enter the debugger, saying text
 *     int3                          enter the debugger; with a nop behind it: do not
 *
 * Here: telling them apart and carrying them out; the thread goes on behind the int3 and runs those bytes harmlessly.
 * Not here: the console (→ KernelDebugger). The observer hears of each one first; -1 is "enter".
 * Reference: X.2 on IA-32, kernel debugger traps of L4Ka's user library.
 * @module
 */
import { COST_DEBUGGER } from "../../costs.ts";
import type { KernelDebugger } from "../../hardware.ts";
import { register, setRegister } from "../../object/thread.ts";
import type { Arena } from "../../table/arena.ts";
import { T } from "../../table/layout.ts";
import { EAX, ECX, EIP } from "../../table/registers.ts";
import { userByte } from "./user-byte.ts";

const COMPARE_AL = 0x3c;
const JUMP_SHORT = 0xeb;
const MOVE_EAX = 0xb8;
const NOP = 0x90;
const ENTER = -1;
const PRINT_CHARACTER = 0;
const PRINT_STRING = 1;
const READ_CHARACTER = 8;
const WAIT_CHARACTER = 0x0d;
/** Longest text that is shown. */
const LONGEST = 4096;
/** Bytes of int3. */
const INT3_SIZE = 1;

/** Carries out the trap of thread `row`, whose EIP stands behind the int3. */
export function debuggerTrap(a: Arena, row: number): void {
  a.charge(COST_DEBUGGER);
  const ip = register(a, row, EIP);
  const eax = register(a, row, EAX);
  const op = userByte(a, row, ip) === COMPARE_AL ? userByte(a, row, ip + 1) : ENTER;
  a.observer.debugger?.(a.threads.get(row, T.id), op, eax, register(a, row, ECX));
  const console = a.debugger;
  if (console === undefined) return;
  if (op === ENTER) enter(a, row, ip, console);
  else if (op === PRINT_CHARACTER) console.print(Uint8Array.of(eax & 0xff));
  else if (op === PRINT_STRING) console.print(textAt(a, row, eax));
  else if (op === READ_CHARACTER) setRegister(a, row, EAX, console.read(false));
  else if (op === WAIT_CHARACTER) {
    const character = console.read(true);
    if (character >= 0) setRegister(a, row, EAX, character);
    else setRegister(a, row, EIP, ip - INT3_SIZE); // asks again when it runs next
  }
}

function enter(a: Arena, row: number, ip: number, console: KernelDebugger): void {
  const silent = userByte(a, row, ip) === NOP;
  const at = silent ? ip + 1 : ip;
  const text =
    userByte(a, row, at) === JUMP_SHORT && userByte(a, row, at + 2) === MOVE_EAX
      ? textAt(a, row, wordAt(a, row, at + 3))
      : null;
  if (!silent) console.enter(a.threads.get(row, T.id), text, ip);
  else if (text !== null) console.print(text);
}

function wordAt(a: Arena, row: number, linear: number): number {
  let word = 0;
  for (let i = 0; i < 4; i++) word |= (userByte(a, row, linear + i) & 0xff) << (8 * i);
  return word;
}

/** The bytes up to a NUL, or to where nothing is mapped. */
function textAt(a: Arena, row: number, linear: number): Uint8Array {
  const bytes: number[] = [];
  for (
    let byte = userByte(a, row, linear);
    byte > 0 && bytes.length < LONGEST;
    byte = userByte(a, row, linear + bytes.length)
  )
    bytes.push(byte);
  return Uint8Array.from(bytes);
}
