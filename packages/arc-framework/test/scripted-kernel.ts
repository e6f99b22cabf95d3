/**
 * A kernel's side for tests of the runtime: one resident thread over plain bytes, everything else scripted.
 *
 * Here: a context over an array, requests from a list, calls answered by a function, a record of what
 * was sent. Not here: any rule of IPC; the tests on the real kernel are those of sigma0, ART and P3.
 * @module
 */
import {
  ANY_THREAD,
  globalId,
  messageTag,
  NIL_THREAD,
  PageFaultSignal,
  RESIDENT_AGAIN,
  RESIDENT_DIED,
  RESIDENT_PAGE_FAULT,
  type ResidentContext,
  type ResidentProgram,
  SYSCALL_IPC,
  TAG_ERROR,
  TCR_ERROR_CODE,
  tagTyped,
  tagUntyped,
} from "@kintsugi/microkernel";

/** EAX ECX EDX EBX ESP EBP ESI EDI: the SDM's order. */
const EAX = 0;
const EDX = 2;
const ESI = 6;

export interface Sent {
  readonly call: number;
  readonly to: number;
  readonly tag: number;
  readonly words: readonly number[];
}

export interface Script {
  /** Requests that arrive at the open wait, one after the other. */
  readonly requests: readonly { readonly sender: number; readonly label: number; readonly words: readonly number[] }[];
  /** Answers a call. */
  readonly answer?: (sent: Sent) => readonly number[];
  /** Pages (by number) that fault at their first access. */
  readonly absent?: readonly number[];
}

export const SERVER_THREAD: number = globalId(70, 1);

/** The bytes of the server's space, its one thread, and what came of it. */
export class ScriptedKernel {
  readonly memory: Uint8Array;
  readonly sent: Sent[] = [];
  readonly portWrites: number[][] = [];
  readonly registers: Int32Array = new Int32Array(10);
  readonly utcb: Int32Array = new Int32Array(128);
  readonly absent: Set<number>;
  charged: number = 0;
  resumes: number = 0;
  faults: number = 0;
  deathReason: string | undefined;
  readonly #view: DataView;
  readonly #script: Script;
  #next: number = 0;

  constructor(script: Script, bytes: number = 0x8000) {
    this.memory = new Uint8Array(bytes).fill(0xa5);
    this.#view = new DataView(this.memory.buffer);
    this.#script = script;
    this.absent = new Set(script.absent);
  }

  /** What the next resume gets. */
  get context(): ResidentContext {
    return {
      thread: SERVER_THREAD,
      registers: this.registers,
      mr: (i: number) => this.utcb[64 + i],
      setMr: (i: number, value: number) => {
        this.utcb[64 + i] = value;
      },
      tcr: (i: number) => this.utcb[64 + i],
      setTcr: (i: number, value: number) => {
        this.utcb[64 + i] = value;
      },
      read32: (at: number) => {
        this.#touch(at, 4);
        return this.#view.getInt32(at, true);
      },
      write32: (at: number, value: number) => {
        this.#touch(at, 4);
        this.#view.setInt32(at, value, true);
      },
      readBytes: (at: number, length: number) => {
        this.#touch(at, length);
        return this.memory.slice(at, at + length);
      },
      writeBytes: (at: number, bytes: Uint8Array) => {
        this.#touch(at, bytes.length);
        this.memory.set(bytes, at);
      },
      fill: (at: number, length: number, byte: number) => {
        this.#touch(at, length);
        this.memory.fill(byte, at, at + length);
      },
      copy: (to: number, from: number, length: number) => {
        this.#touch(to, length);
        this.#touch(from, length);
        this.memory.copyWithin(to, from, from + length);
      },
      charge: (cycles: number) => {
        this.charged += cycles;
      },
      now: () => this.charged,
      retired: () => 7,
      portWrite: (...access: number[]) => {
        this.portWrites.push(access);
      },
      died: (reason: string) => {
        this.deathReason = reason;
        return RESIDENT_DIED;
      },
    } as unknown as ResidentContext;
  }

  /** Resumes until no request is left, the thread has died or `limit` resumes are over. */
  run(program: () => ResidentProgram, limit: number = 10_000): void {
    const context = this.context;
    for (; this.resumes < limit; this.resumes++) {
      const call = program().resume(context);
      if (call === RESIDENT_DIED) return;
      if (call === RESIDENT_PAGE_FAULT) this.faults++;
      else if (call !== RESIDENT_AGAIN && !this.#perform(call)) return;
    }
    throw new Error(`not at rest after ${limit} resumes`);
  }

  #perform(call: number): boolean {
    const [to, from, tag] = [this.registers[EAX], this.registers[EDX], this.registers[ESI]];
    const words = Array.from(this.utcb.subarray(65, 65 + tagUntyped(tag) + tagTyped(tag)));
    const sent: Sent = { call, to, tag: call === SYSCALL_IPC ? tag : 0, words: call === SYSCALL_IPC ? words : [] };
    if (call !== SYSCALL_IPC || to !== NIL_THREAD) this.sent.push(sent);
    if (call !== SYSCALL_IPC) {
      this.registers[EAX] = 1;
      return true;
    }
    if (from === ANY_THREAD) return this.#request();
    if (from === NIL_THREAD) this.#deliver(NIL_THREAD, 0, []);
    else if (from === to) this.#deliver(to, 0, this.#script.answer?.(sent) ?? []);
    else this.#fail(7);
    return true;
  }

  #request(): boolean {
    const request = this.#script.requests[this.#next++];
    if (request === undefined) return false;
    this.#deliver(request.sender, request.label, request.words);
    return true;
  }

  #deliver(sender: number, label: number, words: readonly number[]): void {
    const tag = messageTag(label, words.length);
    this.registers[EAX] = sender;
    this.registers[ESI] = tag;
    this.utcb[64] = tag;
    this.utcb.set(words, 65);
  }

  #fail(error: number): void {
    this.registers[EAX] = NIL_THREAD;
    this.registers[ESI] = TAG_ERROR;
    this.utcb[64 + TCR_ERROR_CODE] = error;
  }

  #touch(at: number, length: number): void {
    for (let page = at >>> 12; page <= (at + length - 1) >>> 12; page++)
      if (this.absent.delete(page)) throw new PageFaultSignal();
  }
}
