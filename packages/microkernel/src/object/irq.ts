/**
 * Interrupts: the 8259A pair as the kernel programs it, and each line's handler.
 *
 * Here: masks, end of interrupt, attaching. An interrupt is a thread row (1…16): its pager is the
 * handler, its state says whether its message is on the way. Not here: its message (→ ipc/rendezvous.ts).
 * A line is masked from the moment it fires until the handler answers.
 * Reference: 8259A data sheet: ICW1…ICW4, OCW1, OCW2.
 * @module
 */
import { CASCADE_LINE, INTERRUPT_LINES } from "../api/protocol/interrupt.ts";
import type { KernelPorts } from "../hardware.ts";
import type { Arena } from "../table/arena.ts";
import { T } from "../table/layout.ts";
import { INTERRUPT_IDLE, POLLING } from "../table/states.ts";
import { dequeueSender } from "./send-queue.ts";
import { findGlobal, interruptRow } from "./thread.ts";

/** Vectors of lines 0…15 follow each other from here. */
export const INTERRUPT_VECTOR_BASE = 0x20;

const MASTER_COMMAND = 0x20;
const MASTER_DATA = 0x21;
const SLAVE_COMMAND = 0xa0;
const SLAVE_DATA = 0xa1;
const ICW1_INIT_ICW4 = 0x11;
const ICW4_8086 = 0x01;
const OCW2_SPECIFIC_EOI = 0x60;

/** Resets the pair: vectors, cascade, every line masked but the cascade. */
export function initialiseController(ports: KernelPorts): void {
  ports.write(MASTER_COMMAND, 1, ICW1_INIT_ICW4);
  ports.write(MASTER_DATA, 1, INTERRUPT_VECTOR_BASE);
  ports.write(MASTER_DATA, 1, 1 << CASCADE_LINE);
  ports.write(MASTER_DATA, 1, ICW4_8086);
  ports.write(SLAVE_COMMAND, 1, ICW1_INIT_ICW4);
  ports.write(SLAVE_DATA, 1, INTERRUPT_VECTOR_BASE + 8);
  ports.write(SLAVE_DATA, 1, CASCADE_LINE);
  ports.write(SLAVE_DATA, 1, ICW4_8086);
  ports.write(MASTER_DATA, 1, 0xff & ~(1 << CASCADE_LINE));
  ports.write(SLAVE_DATA, 1, 0xff);
}

/** Masks or unmasks a line. */
export function setMasked(ports: KernelPorts, line: number, masked: boolean): void {
  const port = line < 8 ? MASTER_DATA : SLAVE_DATA;
  const bit = 1 << (line & 7);
  const mask = ports.read(port, 1) & 0xff;
  ports.write(port, 1, masked ? mask | bit : mask & ~bit);
}

/** Ends the service of a line in the controllers. */
export function endOfInterrupt(ports: KernelPorts, line: number): void {
  if (line >= 8) ports.write(SLAVE_COMMAND, 1, OCW2_SPECIFIC_EOI | (line & 7));
  ports.write(MASTER_COMMAND, 1, OCW2_SPECIFIC_EOI | (line < 8 ? line : CASCADE_LINE));
}

/** The line of a vector, -1 when it is none of the controllers'. */
export function vectorLine(vector: number): number {
  const line = vector - INTERRUPT_VECTOR_BASE;
  return line >= 0 && line < INTERRUPT_LINES ? line : -1;
}

/** The active thread that handles an interrupt, 0 for none. */
export function handlerOf(a: Arena, row: number): number {
  const handler = findGlobal(a, a.threads.get(row, T.pager));
  return handler !== 0 && a.threads.get(handler, T.utcbPhysical) !== 0 ? handler : 0;
}

/** Gives a line to a handler (global id) and lets it fire. */
export function attachInterrupt(a: Arena, line: number, handler: number): void {
  const row = interruptRow(line);
  withdraw(a, row);
  a.threads.set(row, T.pager, handler);
  setMasked(a.ports, line, false);
}

/** Takes a line from its handler. */
export function detachInterrupt(a: Arena, line: number): void {
  const row = interruptRow(line);
  setMasked(a.ports, line, true);
  withdraw(a, row);
  a.threads.set(row, T.pager, 0);
}

/** The handler has answered: the line may fire again. */
export function acknowledgeInterrupt(a: Arena, row: number): void {
  withdraw(a, row);
  setMasked(a.ports, row - 1, false);
}

function withdraw(a: Arena, row: number): void {
  if (a.threads.get(row, T.state) === POLLING) dequeueSender(a, row);
  a.threads.set(row, T.state, INTERRUPT_IDLE);
}
