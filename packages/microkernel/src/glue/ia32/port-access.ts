/**
 * Port accesses: which ports the instruction at a thread's EIP would touch.
 *
 * Here: IN, OUT, INS, OUTS with their prefixes, told from everything else that raises #GP. Not here: who has which ports
 * (→ object/port-database.ts). Reference: SDM Vol. 2, IN, INS, OUT, OUTS; 2.1.1 for prefixes.
 * @module
 */
import { register } from "../../object/thread.ts";
import type { Arena } from "../../table/arena.ts";
import { EDX, EIP } from "../../table/registers.ts";
import { userByte } from "./user-byte.ts";

/** Longest instruction, in bytes. */
const LONGEST = 15;
const OPERAND_SIZE = 0x66;
/** Address size, LOCK, REP, REPNE, segments. */
const OTHER_PREFIXES: ReadonlySet<number> = new Set([0x67, 0xf0, 0xf2, 0xf3, 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65]);
/** IN and OUT with the port behind the opcode, with the port in DX, INS and OUTS. The low bit: more than a byte. */
const IMMEDIATE = 0xe4;
const IN_DX = 0xec;
const STRING = 0x6c;
const FORMS = 0xfc;

/** First port and number of ports. */
export interface PortAccess {
  readonly port: number;
  readonly count: number;
}

/** What the instruction would touch; null for an instruction that touches no port. */
export function portAccess(a: Arena, row: number): PortAccess | null {
  const ip = register(a, row, EIP);
  let wide = 4;
  for (let i = 0; i < LONGEST; i++) {
    const byte = userByte(a, row, ip + i);
    if (byte === OPERAND_SIZE) wide = 2;
    else if (!OTHER_PREFIXES.has(byte)) {
      const form = byte & FORMS;
      if (form !== IMMEDIATE && form !== IN_DX && form !== STRING) return null;
      const port = form === IMMEDIATE ? userByte(a, row, ip + i + 1) : register(a, row, EDX) & 0xffff;
      return port < 0 ? null : { port, count: byte & 1 ? wide : 1 };
    }
  }
  return null;
}
