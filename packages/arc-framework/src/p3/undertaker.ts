/**
 * The undertaker: answers everybody who waits for a server that will not answer them any more.
 *
 * Here: a resident program that a P3 has run by its server's own thread, so that the answers come in the server's name:
 * first the client whose request is open, then those whose messages are queued, each with STATUS_FAILED.
 * Not here: when (`restart.ts`). All that it knows is in the thread's registers: any step may be done again.
 * It answers as many messages as there can be processes: a client that asks again and again meets the next server.
 * Reference: thesis 4.4.2 ("the P3 of the server delivers an error message to its clients on behalf of it").
 * @module
 */
import {
  NIL_THREAD,
  type ResidentContext,
  type ResidentProgram,
  SYSTEM_BASE,
  TAG_ERROR,
  TCR_ERROR_CODE,
  TCR_PAGER,
  TIME_ZERO,
  threadNumber,
} from "@kintsugi/microkernel";
import { P3_ANSWERED } from "../protocol/p3.ts";
import { STATUS_FAILED } from "../protocol/status.ts";
import { PROCESS_LIMIT } from "../protocol/thread-numbers.ts";
import { ipcAction } from "../server/action.ts";

/** EIP at which it begins, with the client of the open request, or nil, in ESP. */
export const UNDERTAKER_ENTRY = 0x00040000;
const ANSWERING = 0x00040001;
const ANY_SENDER = -1;
const EAX = 0;
const EBX = 3;
const ESP = 4;
const ESI = 6;
const EIP = 8;

/** The program; it has no state. EBX counts the messages that it will still take. */
export const undertaker: ResidentProgram = {
  resume(context: ResidentContext): number {
    const { registers } = context;
    if (registers[EIP] === UNDERTAKER_ENTRY) {
      registers[EIP] = ANSWERING;
      registers[EBX] = PROCESS_LIMIT;
      return answer(context, registers[ESP]!);
    }
    const failed = (registers[ESI]! & TAG_ERROR) !== 0;
    // Either the answer failed, to a client that does not wait for it, or the wait: nobody is queued any more.
    const inSendPhase = failed && (context.tcr(TCR_ERROR_CODE) & 1) === 0;
    if (registers[EBX]! < 0 || (failed && !inSendPhase)) return callPager(context);
    return answer(context, failed ? NIL_THREAD : registers[EAX]!);
  },
};

/** Answers `to`, an interrupt with an empty message, and takes the next message unless that was the last. */
function answer(context: ResidentContext, to: number): number {
  const last = context.registers[EBX]!-- === 0;
  const message = threadNumber(to) < SYSTEM_BASE ? {} : { words: [STATUS_FAILED] };
  const options = { sendTimeout: TIME_ZERO, receiveTimeout: TIME_ZERO };
  const ipc = ipcAction(to, message, last ? NIL_THREAD : ANY_SENDER, options);
  ipc.load(context);
  return ipc.kind;
}

/** Its P3 takes the thread from it while it waits here. */
function callPager(context: ResidentContext): number {
  const p3 = context.tcr(TCR_PAGER);
  const ipc = ipcAction(p3, { label: P3_ANSWERED }, p3, {});
  ipc.load(context);
  return ipc.kind;
}
