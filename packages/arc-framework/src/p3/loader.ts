/**
 * Loading: what a P3 does before it waits for its first message.
 *
 * Here: asking ART what to run, parsing, areas, the pages that every program needs, the first start.
 * Not here: contents of pages, which come when they are touched (`faults.ts`); files of disks (`disk-program.ts`).
 * A file that is no program ends here, with a text for whoever wanted to run it.
 * Reference: thesis appendix C; docs/protocols.md sections 7 (PROCESS_START, PROCESS_STARTED) and 11.
 * @module
 */
import { EXREGS_DELIVER } from "@kintsugi/microkernel";
import { Elf32Ehdr, Elf32Phdr } from "../elf/format.ts";
import { MAX_PROGRAM_HEADERS, PAGE_SIZE, RESTART_PAGE } from "../elf/layout.ts";
import { parseElf } from "../elf/parse.ts";
import { P3_MODULE_AREA } from "../protocol/address-space.ts";
import {
  ART_PROCESS_START,
  ART_PROCESS_STARTED,
  PROCESS_FLAG_CLONE,
  PROCESS_FLAG_DISK,
  PROCESS_FLAG_SERVER,
} from "../protocol/art.ts";
import { STATUS_BAD_PROGRAM, STATUS_OK } from "../protocol/status.ts";
import type { Handler, Part, Request } from "../server/request.ts";
import { packText } from "../server/text.ts";
import type { Transaction } from "../server/transaction.ts";
import { areasOf } from "./areas.ts";
import { adopt } from "./clone.ts";
import { fetchProgram } from "./disk-program.ts";
import { setDeadline } from "./environment.ts";
import { allocate, mapRun } from "./memory.ts";
import { loadPage, MODULE_RUN, memoryArrived, missingRuns, runArrived } from "./pages.ts";
import { startThread, topPage } from "./start.ts";
import { ARGUMENT_BYTES, ARGUMENTS, areaAt, findAreaRow, setWord, storeAreas } from "./state.ts";

/** Bytes of a module at most: 256 runs of 16 pages. */
export const MODULE_LIMIT: number = 256 * MODULE_RUN * PAGE_SIZE;

/** What PROCESS_START says. */
interface Assignment {
  readonly art: number;
  readonly pid: number;
  readonly user: number;
  readonly flags: number;
  readonly module: number;
  readonly size: number;
  /** Argument text, packed. */
  readonly text: readonly number[];
}

/** The start of P3's thread. Without an assignment it just waits: ART has given the process up. */
export function* load(s: Request): Handler {
  const self = yield* s.exchangeRegisters(s.thread, EXREGS_DELIVER);
  const answer = yield* s.call(self.pager, { label: ART_PROCESS_START });
  const [status, pid, user, flags, module, size, ...text] = answer.words;
  if (answer.error !== 0 || status !== STATUS_OK) return undefined;
  if ((flags! & PROCESS_FLAG_CLONE) !== 0) return yield* adopt(s, self.pager, pid!, user!, flags!);
  const assignment: Assignment = {
    art: self.pager,
    pid: pid!,
    user: user!,
    flags: flags!,
    module: module!,
    size: size! >>> 0,
    text,
  };
  yield* s.step((tx) => storeAssignment(tx, assignment));
  const refusal = (yield* loadProgram(s, assignment)) ?? (yield* prepare(s, assignment));
  yield* s.call(self.pager, { label: ART_PROCESS_STARTED, words: refusal ?? [STATUS_OK] });
  if (refusal === undefined) yield* startThread(s, "stack", 0);
  return undefined;
}

/** Status and text, as PROCESS_STARTED has them. */
type Refusal = readonly number[];

function storeAssignment(tx: Transaction, a: Assignment): undefined {
  setWord(tx, "art", a.art);
  setWord(tx, "pid", a.pid);
  setWord(tx, "user", a.user);
  setWord(tx, "server", a.flags & PROCESS_FLAG_SERVER);
  setWord(tx, "module", a.module);
  setWord(tx, "moduleSize", a.size);
  const bytes = new Uint8Array(ARGUMENT_BYTES);
  const view = new DataView(bytes.buffer);
  for (const [i, word] of a.text.slice(0, ARGUMENT_BYTES / 4).entries()) view.setInt32(4 * i, word, true);
  const end = bytes.indexOf(0);
  for (let i = 0; i < ARGUMENT_BYTES; i += 4) tx.write(ARGUMENTS + i, view.getInt32(i, true));
  setWord(tx, "argumentBytes", end < 0 ? ARGUMENT_BYTES : end);
}

/** From a module, or from a disk. */
function* loadProgram(s: Request, a: Assignment): Part<Refusal | undefined> {
  if ((a.flags & PROCESS_FLAG_DISK) === 0) return yield* readProgram(s, a);
  const fetched = yield* fetchProgram(s, a.art, a.text);
  if ("refusal" in fetched) return fetched.refusal;
  yield* s.step((tx) => {
    setWord(tx, "moduleSize", fetched.size);
    return [];
  });
  return yield* parseProgram(s, fetched.size, []);
}

/** Maps as much of the module as has headers, parses it, stores the areas. */
function* readProgram(s: Request, a: Assignment): Part<Refusal | undefined> {
  if (a.size > MODULE_LIMIT)
    return [STATUS_BAD_PROGRAM, ...packText(`the file has ${a.size} bytes and may have ${MODULE_LIMIT}; strip it`)];
  let status = yield* mapRun(s, a.art, a.module, a.size, 0);
  if (status !== STATUS_OK) return [status];
  const runs = yield* s.step((tx) => {
    runArrived(tx, 0);
    return headerRuns(tx, a.size);
  });
  for (const run of runs) {
    status = yield* mapRun(s, a.art, a.module, a.size, run);
    if (status !== STATUS_OK) return [status];
  }
  return yield* parseProgram(s, a.size, runs);
}

/** Parses the file, as far as its headers go here, and stores the areas. `runs` of it have just arrived. */
function* parseProgram(s: Request, size: number, runs: readonly number[]): Part<Refusal | undefined> {
  const refusal = yield* s.step((tx) => {
    for (const run of runs) runArrived(tx, run);
    return parseElf((offset, length) => tx.readBytes(P3_MODULE_AREA + offset, length), size).match(
      (program) => {
        storeAreas(tx, areasOf(program));
        setWord(tx, "entry", program.entry);
        return [];
      },
      (error) => [STATUS_BAD_PROGRAM, ...packText(error.text)],
    );
  });
  return refusal.length === 0 ? undefined : refusal;
}

/** The runs besides the first that hold program headers; none for headers that the parser refuses anyway. */
function headerRuns(tx: Transaction, size: number): readonly number[] {
  if (size < Elf32Ehdr.size) return [];
  const bytes = tx.readBytes(P3_MODULE_AREA, Elf32Ehdr.size);
  const { e_phoff, e_phnum } = Elf32Ehdr.read(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0);
  const length = e_phnum * Elf32Phdr.size;
  return e_phnum > MAX_PROGRAM_HEADERS || e_phoff + length > size ? [] : missingRuns(tx, e_phoff, length);
}

/** Restart page and the top pages of both stacks; the kernel's supervision. */
function* prepare(s: Request, a: Assignment): Part<Refusal | undefined> {
  const pages = [RESTART_PAGE.low, topPage("recovery stack"), topPage("stack")];
  for (const page of pages) {
    const status = yield* allocate(s, a.art, page, 1);
    if (status !== STATUS_OK) return [status, ...packText("there is no memory for it; end another program")];
  }
  yield* s.step((tx) => {
    for (const page of pages) {
      const row = findAreaRow(tx, page);
      memoryArrived(tx, areaAt(tx, row), row, page, 1);
    }
    // The kernel alone decides what the restart page holds: it is good from the first day on.
    const row = findAreaRow(tx, RESTART_PAGE.low);
    loadPage(tx, areaAt(tx, row), row, RESTART_PAGE.low);
    return [];
  });
  yield* setDeadline(s);
  return undefined;
}
