/**
 * One thread's state as words, and from words again: the guests' export.
 *
 * Here: the words (THREAD_RECORD_WORDS of them, api/thread-record.ts), and both passes of taking them in. Not here: who may
 * ask (→ syscall/state-control.ts), the whole kernel's state (→ read-state.ts).
 * The first pass makes a halted thread at user code; the second gives it its IPC by the ordinary calls' own way, so that
 * it can have no partner, name or deadline that its own call would not have got.
 * @module
 */
import { FLOAT_REGISTER_COUNT } from "@kintsugi/ia32";
import { NIL_THREAD } from "../api/thread-id.ts";
import {
  CONTINUATION_INACTIVE,
  CONTINUATION_RECEIVE,
  CONTINUATION_SEND,
  CONTINUATION_TRANSFER,
  CONTINUATION_USER,
  RECORD_CONTINUATION,
  RECORD_CURSOR,
  RECORD_DEADLINE,
  RECORD_FAULT,
  RECORD_FLAG_FLOATS,
  RECORD_FLAG_HALTED,
  RECORD_FLAG_SENDER,
  RECORD_FLAG_STARTING,
  RECORD_FLAG_TIMED,
  RECORD_FLAG_TRANSFER,
  RECORD_FLAGS,
  RECORD_FLOATS,
  RECORD_FROM,
  RECORD_ID,
  RECORD_KIP_AREA,
  RECORD_LOCAL_ID,
  RECORD_PAGER,
  RECORD_POSITION,
  RECORD_PRIORITY,
  RECORD_RECEIVE_TIMEOUT,
  RECORD_REDIRECTOR,
  RECORD_REGISTERS,
  RECORD_SAVED,
  RECORD_SCHEDULER,
  RECORD_SPACE,
  RECORD_TO,
  RECORD_TRANSFER,
  RECORD_UTCB,
  RECORD_UTCB_AREA,
  RECORD_VERSION,
  THREAD_RECORD_VERSION,
  THREAD_RECORD_WORDS,
} from "../api/thread-record.ts";
import { TIME_NEVER, timeouts } from "../api/time.ts";
import { TCR_MY_GLOBAL_ID, UTCB_MR0_OFFSET, UTCB_SIZE } from "../api/utcb.ts";
import { abortIpc } from "../ipc/break-off.ts";
import { startIpc } from "../ipc/rendezvous.ts";
import { dropFloats } from "../object/floats.ts";
import { dequeueReady, enqueueReady } from "../object/ready-queue.ts";
import { initialEflags, setRegister, setUtcbWord } from "../object/thread.ts";
import { startTimeoutAt, stopTimeout } from "../object/timeout-queue.ts";
import type { Arena } from "../table/arena.ts";
import { S, T } from "../table/layout.ts";
import { EFLAGS, REGISTER_COUNT } from "../table/registers.ts";
import {
  FAULT_QUANTUM,
  FLAG_FLOATS,
  FLAG_HALTED,
  FLAG_START,
  FLAG_TRANSFER,
  POLLING,
  WAITING,
} from "../table/states.ts";
import { OWN_EFLAGS } from "./own-eflags.ts";
import { readOneThread } from "./read-state.ts";
import { transferOf } from "./relations.ts";

const SAVED_WORDS = 16;
const UTCB_WORDS = UTCB_SIZE / 4;

/** A thread's record; nothing is changed. */
export function readRecord(a: Arena, row: number): Int32Array {
  const words = new Int32Array(THREAD_RECORD_WORDS);
  const state = readOneThread(a, row);
  const { continuation } = state;
  words[RECORD_VERSION] = THREAD_RECORD_VERSION;
  words[RECORD_ID] = state.id;
  words.set(state.registers, RECORD_REGISTERS);
  words[RECORD_PAGER] = state.pager;
  words[RECORD_SCHEDULER] = state.scheduler;
  words[RECORD_PRIORITY] = state.priority;
  words.set(state.floats ?? [], RECORD_FLOATS);
  const space = a.threads.get(row, T.space);
  words[RECORD_LOCAL_ID] = state.utcb;
  words[RECORD_KIP_AREA] = a.spaces.get(space, S.kipArea);
  words[RECORD_UTCB_AREA] = a.spaces.get(space, S.utcbArea);
  words[RECORD_SPACE] = state.space;
  words[RECORD_REDIRECTOR] = a.spaces.get(space, S.redirector);
  const transfer = transferOf(continuation);
  const wait = continuation.kind === "fault" ? continuation.phase : continuation;
  words[RECORD_FLAGS] =
    (state.halted ? RECORD_FLAG_HALTED : 0) |
    (state.starting ? RECORD_FLAG_STARTING : 0) |
    (state.floats === null ? 0 : RECORD_FLAG_FLOATS) |
    (state.timeout === null ? 0 : RECORD_FLAG_TIMED) |
    (transfer?.cursor ? RECORD_FLAG_SENDER : 0) |
    (transfer !== null && continuation.kind === "fault" ? RECORD_FLAG_TRANSFER : 0);
  if (state.timeout !== null) {
    words[RECORD_DEADLINE] = state.timeout.deadline | 0;
    words[RECORD_DEADLINE + 1] = Math.floor(state.timeout.deadline / 2 ** 32);
  }
  if (continuation.kind === "fault") {
    const { fault, savedMr, savedBr0, savedError, savedVirtualSender } = continuation;
    words[RECORD_FAULT] = fault;
    words.set([...savedMr, savedBr0, savedError, savedVirtualSender], RECORD_SAVED);
  }
  words[RECORD_POSITION] = wait.kind === "send" ? wait.position : state.readyPosition;
  if (transfer?.cursor) words.set(Object.values(transfer.cursor), RECORD_CURSOR);
  if (transfer !== null) {
    const { from, receiveTimeout, virtualSender, intended } = transfer.ipc;
    words.set([from, receiveTimeout, virtualSender, intended, transfer.peer], RECORD_TRANSFER);
  }
  switch (wait.kind) {
    case "inactive":
      words[RECORD_CONTINUATION] = CONTINUATION_INACTIVE;
      return words;
    case "user":
      words[RECORD_CONTINUATION] = CONTINUATION_USER;
      break;
    default:
      words[RECORD_CONTINUATION] = {
        send: CONTINUATION_SEND,
        receive: CONTINUATION_RECEIVE,
        transfer: CONTINUATION_TRANSFER,
      }[wait.kind];
      words[RECORD_FROM] = wait.ipc.from;
      words[RECORD_RECEIVE_TIMEOUT] = wait.ipc.receiveTimeout;
  }
  if (wait.kind === "send") {
    words[RECORD_TO] = wait.ipc.intended || wait.to;
  } else if (wait.kind === "transfer") words[RECORD_TO] = wait.peer;
  const block = a.threads.get(row, T.utcbPhysical) - UTCB_MR0_OFFSET;
  for (let i = 0; i < UTCB_WORDS; i++) words[RECORD_UTCB + i] = a.memory.read32(block + 4 * i);
  return words;
}

/** Whether a record can be taken in: its version, and a continuation that a thread can be given. */
export function isRecord(words: Int32Array): boolean {
  const kind = words[RECORD_CONTINUATION];
  const fault = words[RECORD_FAULT];
  const waits = kind === CONTINUATION_SEND || kind === CONTINUATION_RECEIVE;
  return (
    words[RECORD_VERSION] === THREAD_RECORD_VERSION &&
    (kind === CONTINUATION_USER || kind === CONTINUATION_TRANSFER || waits) &&
    (fault === 0 || (waits && fault > 0 && fault <= FAULT_QUANTUM)) &&
    words[RECORD_DEADLINE + 1] >>> 20 === 0
  );
}

/** First pass: breaks the thread's IPC off and halts it, at user code with the record's registers and UTCB. */
export function setRecord(a: Arena, row: number, words: Int32Array): void {
  const t = a.threads;
  abortIpc(a, row);
  const flags = t.get(row, T.flags) & ~(FLAG_START | FLAG_FLOATS);
  t.set(row, T.flags, flags | FLAG_HALTED);
  dequeueReady(a, row);
  for (let i = 0; i < REGISTER_COUNT; i++) setRegister(a, row, i, words[RECORD_REGISTERS + i]);
  setRegister(a, row, EFLAGS, (words[RECORD_REGISTERS + EFLAGS] & OWN_EFLAGS) | (initialEflags(a) & ~OWN_EFLAGS));
  dropFloats(a, row);
  if (words[RECORD_FLAGS] & RECORD_FLAG_FLOATS) {
    for (let i = 0; i < FLOAT_REGISTER_COUNT; i++) t.set(row, T.floats + i, words[RECORD_FLOATS + i]);
    t.set(row, T.flags, t.get(row, T.flags) | FLAG_FLOATS);
  }
  const block = t.get(row, T.utcbPhysical) - UTCB_MR0_OFFSET;
  for (let i = 0; i < UTCB_WORDS; i++) a.memory.write32(block + 4 * i, words[RECORD_UTCB + i]);
  setUtcbWord(a, row, TCR_MY_GLOBAL_ID, t.get(row, T.id));
}

/** Second pass: the thread, halted at user code, gets the record's IPC and goes on. For sides of transfers see transfer-record.ts. */
export function linkRecord(a: Arena, row: number, words: Int32Array): void {
  unhalt(a, row, words);
  if (words[RECORD_CONTINUATION] === CONTINUATION_USER) enqueueReady(a, row);
  else if (words[RECORD_FAULT] !== 0) resumeFault(a, row, words);
  else {
    if (words[RECORD_FLAGS] & RECORD_FLAG_STARTING)
      a.threads.set(row, T.flags, a.threads.get(row, T.flags) | FLAG_START);
    resumeIpc(a, row, words);
  }
}

/** The thread is halted if it was. */
export function unhalt(a: Arena, row: number, words: Int32Array): void {
  const t = a.threads;
  if ((words[RECORD_FLAGS] & RECORD_FLAG_HALTED) === 0) t.set(row, T.flags, t.get(row, T.flags) & ~FLAG_HALTED);
}

/** Begins the record's nested call; what its end brings back stands in the record, and the IPC below it in the row. */
export function resumeFault(a: Arena, row: number, words: Int32Array): void {
  const t = a.threads;
  for (let i = 0; i < SAVED_WORDS; i++) t.set(row, T.savedMr + i, words[RECORD_SAVED + i]);
  t.set(row, T.savedFrom, t.get(row, T.from));
  t.set(row, T.savedReceiveTimeout, t.get(row, T.receiveTimeout));
  t.set(row, T.savedName, t.get(row, T.virtualSender));
  t.set(row, T.savedIntended, t.get(row, T.intended));
  t.set(row, T.fault, words[RECORD_FAULT]);
  resumeIpc(a, row, words);
}

function resumeIpc(a: Arena, row: number, words: Int32Array): void {
  const t = a.threads;
  const sends = words[RECORD_CONTINUATION] === CONTINUATION_SEND;
  const to = sends ? words[RECORD_TO] : NIL_THREAD;
  const receive = sends ? words[RECORD_RECEIVE_TIMEOUT] & 0xffff : TIME_NEVER;
  startIpc(a, row, to, words[RECORD_FROM], timeouts(TIME_NEVER, receive));
  const state = t.get(row, T.state);
  // Not yet met: the deadline is the old one, not a fresh timeout. That of a transfer is another thing.
  const waits = sends ? state === POLLING : state === WAITING;
  if (words[RECORD_FLAGS] & RECORD_FLAG_TIMED && waits && (t.get(row, T.flags) & FLAG_TRANSFER) === 0) {
    stopTimeout(a, row);
    startTimeoutAt(a, row, deadlineOfRecord(words));
  }
}

/** Cycles; only with RECORD_FLAG_TIMED. */
export function deadlineOfRecord(words: Int32Array): number {
  return (words[RECORD_DEADLINE] >>> 0) + words[RECORD_DEADLINE + 1] * 2 ** 32;
}
