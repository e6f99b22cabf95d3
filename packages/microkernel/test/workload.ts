/**
 * Workload: threads whose whole state is in their registers and memory, so that they can go on in another process.
 *
 * Here: a pager, six workers in three spaces, and a privileged thread that stops, moves and deletes them. What each does
 * next follows from its id and its EIP, which counts its steps. Not here: machines (→ fixture.ts).
 * @module
 */
import { EAX, EBP, EBX, ECX, EDI, EDX, EIP, ESI } from "@kintsugi/ia32";
import {
  ANY_THREAD,
  FPAGE_RWX,
  globalId,
  grantItem,
  ITEM_MORE,
  LABEL_PAGE_FAULT,
  makeFpage,
  mapItem,
  messageTag,
  PageFaultSignal,
  RESIDENT_AGAIN,
  RESIDENT_PAGE_FAULT,
  type ResidentContext,
  type ResidentProgram,
  SYSCALL_EXCHANGE_REGISTERS,
  SYSCALL_RESIDENT_CONTROL,
  SYSCALL_SCHEDULE,
  SYSCALL_SPACE_CONTROL,
  SYSCALL_THREAD_CONTROL,
  SYSCALL_THREAD_SWITCH,
  SYSCALL_UNMAP,
  stringItem,
  TAG_ERROR,
  TCR_EXCEPTION_HANDLER,
  TCR_FLAGS,
  TCR_XFER_TIMEOUTS,
  type ThreadId,
  TIME_NEVER,
  TIME_ZERO,
  tagLabel,
  timeouts,
  UNMAP_FLUSH,
} from "../src/index.ts";
import { ipc, KIP_FPAGE, ROOT, SCRIPT_PROGRAM, UTCB_FPAGE, utcbOf } from "./fixture.ts";

const WORKERS: readonly ThreadId[] = [60, 61, 62, 63, 64, 65].map((n) => globalId(n, 1));
/** Whose space each worker is in: two in each of three. */
const HOMES: readonly ThreadId[] = [WORKERS[0], WORKERS[1], WORKERS[2], WORKERS[1], WORKERS[2]];
const MEDDLER: ThreadId = globalId(70, 1);
const REGION = 0x200000;
const PAGES = 32;
const SHORT = timeouts((2 << 10) | 500, (3 << 10) | 500);
/** Pages begin to go, priorities to move. */
const CREATION_STEPS = 5;

/** What happened, without the rows that spaces are in. */
export function transcript(events: readonly string[]): string[] {
  return events.map((event) => (event.startsWith("created") ? event.split(" ").slice(0, 2).join(" ") : event));
}

/** A number that looks like none in particular. */
function scramble(one: number, other: number): number {
  let x = Math.imul(one ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(other + 1, 0xc2b2ae35);
  x = Math.imul(x ^ (x >>> 15), 0x2c1b3c6d);
  return (x ^ (x >>> 13)) >>> 0;
}

/** One program for all: who it is says what it does. */
export const workload: ResidentProgram = {
  resume(context) {
    const step = context.registers[EIP];
    try {
      const call = context.thread === ROOT ? root(context, step) : other(context, step);
      context.registers[EIP] = step + 1;
      return call;
    } catch (error) {
      if (error instanceof PageFaultSignal) return RESIDENT_PAGE_FAULT;
      throw error;
    }
  },
};

function other(c: ResidentContext, step: number): number {
  return c.thread === MEDDLER ? meddle(c, step) : work(c, step);
}

function load(c: ResidentContext, call: number, values: readonly (readonly [number, number])[]): number {
  for (const [index, value] of values) c.registers[index] = value;
  return call;
}

/** Step 0…4 of bringing up a thread. */
function create(c: ResidentContext, id: ThreadId, home: ThreadId, place: number, step: number): number {
  const control = (pager: ThreadId, utcb: number): number =>
    load(c, SYSCALL_THREAD_CONTROL, [
      [EAX, id],
      [ECX, pager],
      [EDX, ROOT],
      [ESI, home],
      [EDI, utcb],
    ]);
  switch (step) {
    case 0:
      return control(0, -1);
    case 1:
      return load(c, SYSCALL_SPACE_CONTROL, [
        [EAX, id],
        [ECX, 0],
        [EDX, home === id ? KIP_FPAGE : 0],
        [ESI, home === id ? UTCB_FPAGE : 0],
        [EDI, 0],
      ]);
    case 2:
      return control(ROOT, utcbOf(place));
    case 3:
      return load(c, SYSCALL_RESIDENT_CONTROL, [
        [EAX, id],
        [ECX, SCRIPT_PROGRAM],
      ]);
    default:
      // As the start message would: the first steps need not be those of EIP 0.
      return load(c, SYSCALL_EXCHANGE_REGISTERS, [
        [EAX, id],
        [ECX, 0x11e],
        [EDX, 0],
        [ESI, 1000 * place],
        [EDI, 0],
      ]);
  }
}

const ALL: readonly ThreadId[] = [...WORKERS, MEDDLER];
const place = (n: number): number => n + 1;

/** Brings the others up, then serves their page faults and answers their calls. */
function root(c: ResidentContext, step: number): number {
  if (step < PAGES) {
    c.write8(REGION + step * 0x1000, step);
    return RESIDENT_AGAIN;
  }
  const creation = step - PAGES;
  const n = Math.floor(creation / CREATION_STEPS);
  if (n < ALL.length) return create(c, ALL[n], HOMES[n] ?? ROOT, place(n), creation % CREATION_STEPS);
  if (n === ALL.length || c.registers[ESI] & TAG_ERROR) return ipc(c, 0, ANY_THREAD, timeouts(TIME_NEVER, TIME_NEVER));
  const reply = timeouts(TIME_ZERO, TIME_NEVER);
  const from = c.registers[EAX];
  if ((tagLabel(c.registers[ESI]) & 0xfff0) !== LABEL_PAGE_FAULT) {
    c.setMr(1, step);
    return ipc(c, from, ANY_THREAD, reply, messageTag(7, 1));
  }
  const page = c.mr(1) & ~0xfff;
  c.setMr(1, mapItem(page));
  c.setMr(2, makeFpage(REGION + (page & 0x1ffff), 12, FPAGE_RWX));
  return ipc(c, from, ANY_THREAD, reply, messageTag(0, 0, 2));
}

function work(c: ResidentContext, step: number): number {
  const h = scramble(c.thread, step);
  const partner = WORKERS[(h >>> 4) % WORKERS.length];
  const at = REGION + ((h >>> 8) % PAGES) * 0x1000;
  const fpage = makeFpage(REGION + ((h >>> 14) % 8) * 0x4000, 12 + ((h >>> 18) % 3), [FPAGE_RWX, 5][h & 1]);
  switch ((h >>> 20) % 12) {
    case 0:
    case 1:
    case 2:
      c.setBr(0, (h & 1) === 0 ? 0x11 : makeFpage(REGION, 17, 0) | 1);
      for (let i = 0; i < 3; i++) {
        c.setBr(2 * i + 1, stringItem(100 + 700 * (h & 7)) | ITEM_MORE);
        c.setBr(2 * i + 2, at + 300 * i + 0x800);
      }
      return ipc(c, 0, h & 6 ? ANY_THREAD : partner, SHORT);
    case 3:
      for (let i = 1; i < 10; i++) c.setMr(i, h + i);
      return ipc(c, partner, [0, partner, ANY_THREAD][h % 3], SHORT, messageTag(h & 0xff, 9));
    case 4:
      c.setMr(1, h);
      return ipc(c, ROOT, ROOT, timeouts(TIME_NEVER, TIME_NEVER), messageTag(1, 1));
    case 5:
      c.setMr(1, h & 1 ? mapItem(at) : grantItem(at));
      c.setMr(2, fpage);
      return ipc(c, partner, 0, SHORT, messageTag(2, 0, 2));
    case 6:
    case 7: {
      const words = [stringItem(600 * (h & 3), 2), at + 13, at + 0x1900, mapItem(at), fpage, stringItem(300), at];
      for (const [i, word] of words.entries()) c.setMr(i + 1, word);
      c.setTcr(TCR_XFER_TIMEOUTS, [0, SHORT, 0x400, 0x400_0000][(h >>> 2) & 3]);
      return ipc(c, partner, h & 1 ? partner : 0, SHORT, messageTag(3, 0, words.length));
    }
    case 8:
      c.write8(at + (h & 0xfff), h & 0xff);
      return RESIDENT_AGAIN;
    case 9:
      c.setTcr(TCR_FLAGS, h & 0xe0);
      c.setTcr(TCR_EXCEPTION_HANDLER, ROOT);
      c.charge(h & 0x3ffff);
      return RESIDENT_AGAIN;
    case 10:
      c.setMr(0, fpage);
      return load(c, SYSCALL_UNMAP, [
        [EAX, h & 1 ? UNMAP_FLUSH : 0],
        [ESI, fpage],
      ]);
    default:
      return load(c, SYSCALL_THREAD_SWITCH, [[EAX, h & 1 ? partner : 0]]);
  }
}

/** Eight steps for each thing: stop and go, priorities, pages taken back, a thread deleted and made again. */
function meddle(c: ResidentContext, step: number): number {
  const h = scramble(99, step >>> 3);
  const n = (h >>> 4) % WORKERS.length;
  const part = step & 7;
  if (part === 7) return ipc(c, 0, MEDDLER, timeouts(TIME_NEVER, (9 << 10) | (400 + (h & 0xff)))); // 2^9 µs × some
  switch ((h >>> 8) % 5) {
    case 0:
      return load(c, SYSCALL_EXCHANGE_REGISTERS, [
        [EAX, WORKERS[n]],
        [ECX, [0x101, 0x101, 0x100, 6, 0x100, 2, 0x100][part]],
      ]);
    case 1:
      return load(c, SYSCALL_SCHEDULE, [
        [EAX, WORKERS[(n + part) % WORKERS.length]],
        [EDX, part === 0 ? timeouts((2 << 10) | 500, (4 << 10) | 500) : -1],
        [ESI, -1],
        [ECX, 90 + (h & 15)],
        [EDI, part & 1 ? (100 << 16) | 400 : -1],
      ]);
    case 2: {
      const fpage = makeFpage(REGION + 0x4000 * part, 14, FPAGE_RWX);
      c.setMr(0, fpage);
      return load(c, SYSCALL_UNMAP, [
        [EAX, 0],
        [ESI, fpage],
      ]);
    }
    case 3:
      // Redirects a space's messages to the pager, and stops that again.
      return load(c, SYSCALL_SPACE_CONTROL, [
        [EAX, WORKERS[1 + (n & 1)]],
        [ECX, 0],
        [EDX, 0],
        [ESI, 0],
        [EDI, part === 0 ? WORKERS[5] : ANY_THREAD],
      ]);
    default:
      if (part === 0) {
        return load(c, SYSCALL_THREAD_CONTROL, [
          [EAX, WORKERS[n]],
          [ECX, 0],
          [EDX, 0],
          [ESI, 0],
          [EDI, -1],
          [EBX, 0],
          [EBP, 0],
        ]);
      }
      return part <= CREATION_STEPS ? create(c, WORKERS[n], HOMES[n], place(n), part - 1) : RESIDENT_AGAIN;
  }
}
