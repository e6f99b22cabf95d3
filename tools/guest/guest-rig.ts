/**
 * A guest program alone on the processor: just enough kernel to serve it, and a crash at any instruction.
 *
 * Here: one guest thread, Ipc as programs use it, the restart page, clients that call it, the hot restart.
 * Not here: its memory (→ rig-memory.ts); the real kernel, P3, detection: the machine's tests have those. A crash here is
 * instantaneous: what remains to be shown is whether a driver's own protocol with its device is right.
 * Over 300 lines: one kernel, which nobody needs in parts.
 * @module
 */
import * as P from "../../packages/arc-framework/src/protocol/address-space.ts";
import { ART_PROCESS_INFO } from "../../packages/arc-framework/src/protocol/art.ts";
import { P3_RECOVERED } from "../../packages/arc-framework/src/protocol/p3.ts";
import { START_WORDS } from "../../packages/arc-framework/src/protocol/start-block.ts";
import { STATUS_NOT_FOUND, STATUS_OK } from "../../packages/arc-framework/src/protocol/status.ts";
import {
  EAX,
  EBP,
  EBX,
  ECX,
  EDX,
  EIP,
  ESI,
  ESP,
  type Exit,
  type GuestMemory,
  Processor,
} from "../../packages/ia32/src/index.ts";
import * as KIP from "../../packages/microkernel/src/api/kip.ts";
import * as R from "../../packages/microkernel/src/api/restart-page.ts";
import {
  ANY_THREAD,
  globalId,
  interruptId,
  SYSTEM_BASE,
  THREAD_VERSION_BITS,
} from "../../packages/microkernel/src/api/thread-id.ts";
import { periodMicroseconds } from "../../packages/microkernel/src/api/time.ts";
import { TCR_ERROR_CODE, TCR_MY_GLOBAL_ID, TCR_PAGER } from "../../packages/microkernel/src/api/utcb.ts";
import { DIRECTORY, hex, RigMemory } from "./rig-memory.ts";
import { RigSharing } from "./rig-sharing.ts";
import {
  type Answer,
  PAGER,
  type RigClient,
  type RigDevices,
  type RigOptions,
  type RigRequest,
} from "./rig-surroundings.ts";
import { RigTransactions } from "./rig-transactions.ts";

const MR0 = KIP.STANDARD_UTCB_AREA + 256;
const DRIVER = globalId(131, 1);
const TIMED_OUT = 1;
const CYCLES_PER_MICROSECOND = 100;
const ERROR_TAG = 0x8000;
const INTERRUPT_LABEL = 0xfff0;
const PAGE = 4096;
/** Instructions between two looks at the devices. */
const SLICE = 1_000_000;

/** Thread id of the rig's n-th client, from 0. */
export const clientThread = (n: number): number => globalId(200 + n, 1);

/** Answers what ART_PROCESS_INFO asks: the rig's first four clients are programs. Everything else is STATUS_OK. */
export const fourProcesses: Answer = (_, label, [index]) => {
  if (label !== ART_PROCESS_INFO) return [STATUS_OK];
  return index! < 4 ? [STATUS_OK, index! + 1, clientThread(index!), 0, 0, 0, 0, 0] : [STATUS_NOT_FOUND];
};

export class GuestRig {
  readonly #space: RigMemory;
  readonly #processor: Processor;
  readonly #devices: RigDevices;
  readonly #options: RigOptions;
  readonly #clients: RigClient[] = [];
  readonly #sharing: RigSharing;
  readonly #transactions: RigTransactions;
  #crashes: number[] = [];
  #bornAt = 0;
  /** The program waits for a request, or for an answer that never comes: where a run goes on. */
  #parked: "request" | "ever" | undefined;
  /** Hot restarts that have reached RECOVERED with 0. */
  recovered = 0;

  /** Cold restarts, because `Recover` gave an error. */
  coldRestarts = 0;

  /** Builds the devices with a clock (virtual ns) and the memory of this rig. */
  constructor(
    elf: Uint8Array,
    devices: (now: () => number, memory: GuestMemory) => RigDevices,
    options: RigOptions = {},
  ) {
    this.#options = options;
    this.#space = new RigMemory(elf);
    this.#sharing = new RigSharing(this.#space, options.deviceMemory === true);
    this.#transactions = new RigTransactions(this.#space);
    this.#devices = devices(() => this.#processor.cycles * 10, this.#space.memory);
    this.#processor = new Processor({ memory: this.#space.memory, ports: this.#devices.ports });
    this.#prepareThread();
    this.#start(P.STACK_TOP, 0);
  }

  /** Instructions of the program so far. */
  get retired(): number {
    return this.#processor.retired;
  }

  addClient(requests: readonly RigRequest[]): RigClient {
    const client: RigClient = { requests, replies: [] };
    this.#clients.push(client);
    return client;
  }

  /** A client waits no more: its wait was aborted, which counts as an empty reply, or it was killed. */
  abandon(client: RigClient, killed: boolean): void {
    const index = this.#clients.indexOf(client);
    this.#waiting[index] = 0;
    if (killed) this.#clients[index] = { requests: [], replies: [] };
    else client.replies.push([]);
  }

  /** Writes into shared pages of the program, as its client does. */
  writeShared(base: number, bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += PAGE) this.#space.writeBytes(base + at, bytes.subarray(at, at + PAGE));
  }

  /** Where pages that a thread shares with the program lie in it; 0 before it has mapped them. */
  mappedFrom(thread: number): number {
    return this.#sharing.maps.get(thread) ?? 0;
  }

  /** Words of a shared page of the program. */
  readShared(base: number, count: number): number[] {
    return Array.from({ length: count }, (_, i) => this.#space.read(base + 4 * i));
  }

  /** Bytes of shared pages of the program. */
  readSharedBytes(base: number, count: number): Uint8Array {
    const bytes = new Uint8Array(count);
    for (let at = 0; at < count; at += PAGE)
      bytes.set(this.#space.readBytes(base + at, Math.min(PAGE, count - at)), at);
    return bytes;
  }

  /** Whom the program lets map the pages at `base`. */
  offeredTo(base: number): number {
    return this.#sharing.offers.get(base) ?? 0;
  }

  /** Lets the program go on elsewhere. */
  redirect(address: number): void {
    this.#setRegister(EIP, address);
  }

  /**
   * Runs until every request is answered and nothing happens any more, or a call of the program is never answered.
   * @param crashes instruction counts: the first since the rig's start, each further one since the crash before it
   * @param limit instructions of this run at most
   * @throws Error when the program faults by itself
   */
  run(crashes: readonly number[] = [], limit: number = Number.POSITIVE_INFINITY): void {
    this.#crashes = [...crashes];
    const end = this.retired + limit;
    while (this.retired < end) {
      const [next] = this.#crashes;
      const left = next === undefined ? Math.min(SLICE, end - this.retired) : this.#bornAt + next - this.retired;
      if (left <= 0) {
        this.#crashes.shift();
        this.#hotRestart();
        continue;
      }
      if (this.#parked !== undefined) {
        if (this.#parked === "ever" || !this.#openWait()) return;
        this.#parked = undefined;
      }
      const exit = this.#processor.run(left);
      this.#devices.advance(this.#now);
      if (exit.kind === "budget" || exit.kind === "requested") continue;
      if (exit.kind === "sysenter") {
        if (!this.#ipc()) return;
      } else if (exit.kind === "exception" && exit.vector === 6 && this.#atLockNop()) this.#kernelInterface();
      else if (exit.kind === "exception" && exit.vector === 3)
        this.#options.debugger?.(this.#register(EAX), this.#register(ECX));
      else throw new Error(`the program failed by itself: ${describe(exit)} at ${hex(this.#register(EIP))}`);
    }
  }

  get #now(): number {
    return this.#processor.cycles * 10;
  }

  // ---- the thread

  #prepareThread(): void {
    this.#space.write(KIP.LOCAL_ID_PAGE, MR0);
    this.#space.write(MR0 + 4 * TCR_MY_GLOBAL_ID, DRIVER);
    this.#space.write(MR0 + 4 * TCR_PAGER, PAGER);
    const cpu = this.#processor;
    const flat = { base: 0, limit: 0xffffffff, writable: true, readable: true, dpl: 3 } as const;
    cpu.setDescriptor(3, { ...flat, kind: "code" });
    cpu.setDescriptor(4, { ...flat, kind: "data" });
    cpu.setDescriptor(5, { ...flat, kind: "data", base: KIP.LOCAL_ID_PAGE, limit: 3 });
    cpu.setAddressSpace(DIRECTORY, 0);
    cpu.setPaging(true);
    cpu.loadSegment("cs", 0x1b);
    for (const segment of ["ss", "ds", "es", "fs"] as const) cpu.loadSegment(segment, 0x23);
    cpu.loadSegment("gs", 0x2b);
  }

  #register(index: number): number {
    return this.#processor.registers[index]!;
  }

  #setRegister(index: number, value: number): void {
    this.#processor.registers[index] = value;
  }

  #start(top: number, reason: number): void {
    const args = this.#options.args ?? [];
    const text = new TextEncoder().encode(args.map((arg) => `${arg}\0`).join(""));
    const sp = (top - text.length - 4 * (START_WORDS + args.length + 1)) & ~15;
    const strings = sp + 4 * (START_WORDS + args.length + 1);
    const block = [reason, P.RESTART_PAGE, args.length, sp + 4 * START_WORDS, 1];
    for (let i = 0, at = strings; i < args.length; at += args[i]!.length + 1, i++) block.push(at);
    for (const [i, word] of [...block, 0].entries()) this.#space.write((sp >>> 0) + 4 * i, word);
    this.#space.writeBytes(strings >>> 0, text);
    this.#processor.registers.fill(0xdeadbeef | 0);
    this.#setRegister(ESP, sp);
    this.#setRegister(EIP, this.#space.entry);
    this.#processor.registers[9] = 0x3202;
    this.#bornAt = this.retired;
    this.#parked = undefined;
  }

  /** What P3 does when a hot restart does not help: everything anew, but for the restart page. */
  coldRestart(): void {
    this.coldRestarts++;
    this.#sharing.forget();
    this.#transactions.forget();
    this.#space.loadAll();
    this.#start(P.STACK_TOP, 0);
  }

  #hotRestart(): void {
    this.#processor.advance(Math.ceil((this.#options.downtime ?? 0) / 10));
    this.#devices.advance(this.#now);
    const record = P.RESTART_PAGE;
    if (this.#space.read(record + 4 * R.RESTART_SEQUENCE) !== this.#space.read(record + 4 * R.RESTART_REPLIED))
      this.#transactions.undo();
    this.#space.loadVolatile();
    this.#space.write(P.RESTART_PAGE + 4 * R.RESTART_FAILURE, R.FAILURE_EXCEPTION);
    this.#start(P.RECOVERY_STACK_TOP, R.FAILURE_EXCEPTION);
  }

  #atLockNop(): boolean {
    return (this.#space.read(this.#register(EIP)) & 0xffff) === 0x90f0;
  }

  #kernelInterface(): void {
    this.#setRegister(EAX, KIP.STANDARD_KIP_AREA);
    this.#setRegister(EIP, this.#register(EIP) + 2);
  }

  // ---- IPC

  #mr(index: number): number {
    return this.#space.read(MR0 + 4 * index);
  }

  /** One Ipc. False when the driver waits and will wait for ever. */
  #ipc(): boolean {
    const to = this.#register(EAX);
    const from = this.#register(EDX);
    const receive = this.#register(ECX) & 0xffff;
    const tag = this.#register(ESI);
    this.#setRegister(EIP, this.#register(EBX));
    this.#setRegister(ESP, this.#register(EBP));
    if (to !== 0 && to === from) return this.#call(to, tag);
    if (to !== 0 && !this.#send(to, tag)) {
      this.#fail(TIMED_OUT << 1);
      return true;
    }
    if (from === ANY_THREAD) {
      if (this.#openWait()) return true;
      this.#parked = "request";
      return false;
    }
    if (from >>> THREAD_VERSION_BITS < SYSTEM_BASE && from !== 0) {
      this.#awaitInterrupt(from, periodMicroseconds(receive));
      return true;
    }
    if (from !== 0) {
      this.#processor.advance(periodMicroseconds(receive) * CYCLES_PER_MICROSECOND);
      this.#devices.advance(this.#now);
      this.#fail((TIMED_OUT << 1) | 1);
      return true;
    }
    this.#setRegister(ESI, 0);
    return true;
  }

  /** A closed receive from an interrupt, which no record is made of. */
  #awaitInterrupt(from: number, microseconds: number): void {
    const deadline = this.#now + microseconds * 1000;
    for (;;) {
      this.#devices.advance(this.#now);
      const line = this.#devices.takeInterrupt();
      if (line >= 0) {
        if (interruptId(line) !== from) throw new Error(`nobody waits for interrupt ${line}`);
        this.#deliver(from, [], INTERRUPT_LABEL);
        return;
      }
      if (this.#now >= deadline) {
        this.#fail((TIMED_OUT << 1) | 1);
        return;
      }
      if (!this.#devices.idle(this.#now)) this.sleepUntil(deadline);
    }
  }

  #call(to: number, tag: number): boolean {
    const words = this.#words(tag);
    const label = tag >>> 16;
    if (label === P3_RECOVERED && words[0] !== 0) {
      this.coldRestart();
      return true;
    }
    if (label === P3_RECOVERED) this.recovered++;
    const shared = this.#sharing.answer(label, words) ?? this.#transactions.answer(label, words);
    if (shared !== undefined) {
      this.#deliver(to, shared);
      return true;
    }
    const reply = this.#options.answer === undefined ? [0] : this.#options.answer(to, label, words);
    if (reply === null) this.#parked = "ever";
    else this.#deliver(to, reply);
    return reply !== null;
  }

  /** MR1… of the message in the UTCB. */
  #words(tag: number): number[] {
    return Array.from({ length: tag & 0x3f }, (_, i) => this.#mr(i + 1));
  }

  #deliver(from: number, words: readonly number[], label = 0): void {
    const tag = (label << 16) | words.length;
    for (const [i, word] of [tag, ...words].entries()) this.#space.write(MR0 + 4 * i, word);
    this.#setRegister(EAX, from);
    this.#setRegister(ESI, tag);
    this.#setRegister(EBX, this.#mr(1));
    this.#setRegister(EBP, this.#mr(2));
  }

  #fail(error: number): void {
    this.#space.write(MR0 + 4 * TCR_ERROR_CODE, error);
    this.#setRegister(ESI, ERROR_TAG);
  }

  /** A client waits from its request to its reply, and only then. */
  #send(to: number, tag: number): boolean {
    const line = to >>> 14;
    const client = this.#clients[this.#waiting.indexOf(to)];
    if (line < 16) this.#devices.acknowledge(line);
    else if (client === undefined) return false;
    else {
      client.replies.push(this.#words(tag));
      this.#waiting[this.#clients.indexOf(client)] = 0;
    }
    const page = P.RESTART_PAGE;
    if (this.#space.read(page + 4 * R.RESTART_SENDER) === to)
      this.#space.write(page + 4 * R.RESTART_REPLIED, this.#space.read(page + 4 * R.RESTART_SEQUENCE));
    return true;
  }

  /** Per client: its id while it waits for a reply, else 0. */
  readonly #waiting: number[] = [];

  #openWait(): boolean {
    for (;;) {
      this.#devices.advance(this.#now);
      const line = this.#devices.takeInterrupt();
      if (line >= 0) return this.#receive(interruptId(line), INTERRUPT_LABEL, []);
      for (const [i, client] of this.#clients.entries()) {
        const request = client.requests[client.replies.length];
        if (this.#waiting[i] || request === undefined || request.when?.() === false) continue;
        this.#waiting[i] = clientThread(i);
        const { label, words, before } = request;
        before?.();
        return this.#receive(this.#waiting[i]!, label, words);
      }
      const before = this.#now;
      if (!this.#devices.idle(before)) return false;
    }
  }

  /** Time goes on to `now` (ns) without the driver. */
  sleepUntil(now: number): void {
    this.#processor.advance(Math.max(0, Math.ceil((now - this.#now) / 10)));
  }

  /** An open receive: delivered and recorded in one step. */
  #receive(sender: number, label: number, words: readonly number[]): boolean {
    this.#deliver(sender, words, label);
    this.#transactions.begin();
    const page = P.RESTART_PAGE;
    this.#space.write(page + 4 * R.RESTART_SEQUENCE, this.#space.read(page + 4 * R.RESTART_SEQUENCE) + 1);
    this.#space.write(page + 4 * R.RESTART_SENDER, sender);
    this.#space.write(page + 4 * R.RESTART_TAG, (label << 16) | words.length);
    for (const [i, word] of words.entries()) this.#space.write(page + 4 * (R.RESTART_MR1 + i), word);
    return true;
  }
}

function describe({ kind, vector, cr2 }: Exit): string {
  return kind === "exception" && vector === 14 ? `page fault at ${hex(cr2)}` : `${kind} ${vector}`;
}
