/**
 * Interrupts: from a vector to a message for the handler.
 *
 * Here: what happens when the controllers interrupt. Not here: the controllers (→ object/irq.ts).
 * @module
 */
import { COST_INTERRUPT } from "../costs.ts";
import { sendInterrupt } from "../ipc/rendezvous.ts";
import { endOfInterrupt, handlerOf, setMasked, vectorLine } from "../object/irq.ts";
import { interruptRow } from "../object/thread.ts";
import type { Arena } from "../table/arena.ts";
import { T } from "../table/layout.ts";
import { INTERRUPT_IDLE } from "../table/states.ts";
import { wokenByEvent } from "./preemption.ts";

/** Takes an interrupt: the line is masked and ended, its handler gets the message. A line without handler stays masked. */
export function takeInterrupt(a: Arena, vector: number): void {
  const line = vectorLine(vector);
  if (line < 0) return;
  a.charge(COST_INTERRUPT);
  setMasked(a.ports, line, true);
  endOfInterrupt(a.ports, line);
  const row = interruptRow(line);
  const handler = handlerOf(a, row);
  if (handler === 0 || a.threads.get(row, T.state) !== INTERRUPT_IDLE) return;
  a.observer.interrupt?.(line, a.threads.get(handler, T.id));
  sendInterrupt(a, row, handler);
  wokenByEvent(a, handler);
}
