/**
 * Starting the program's thread at its entry, for the first time or once more.
 *
 * Here: the start block's page, and the thread's new registers. Not here: which stack and reason (`../plan`).
 * Both stacks' top pages got their memory when the program was loaded: a restart needs none.
 * Reference: docs/protocols.md section 11; X.2 ExchangeRegisters.
 * @module
 */
import {
  EXREGS_IP,
  EXREGS_PAGER,
  EXREGS_RECEIVE,
  EXREGS_SEND,
  EXREGS_SET_HALT,
  EXREGS_SP,
  RESTART_SEQUENCE,
  type ThreadId,
} from "@kintsugi/microkernel";
import { PAGE_SIZE, RECOVERY_STACK, RESTART_PAGE, STACK } from "../elf/layout.ts";
import type { Part, Request } from "../server/request.ts";
import type { Transaction } from "../server/transaction.ts";
import { loadPage } from "./pages.ts";
import { startBlock } from "./start-block.ts";
import { ARGUMENTS, areaAt, findAreaRow, getWord, setCount, setWord } from "./state.ts";

export type StackName = "stack" | "recovery stack";

/** The page that holds a stack's start block. */
export function topPage(stack: StackName): number {
  return (stack === "stack" ? STACK : RECOVERY_STACK).high - PAGE_SIZE;
}

/** Writes the start block. Returns the stack pointer. */
function writeStartBlock(tx: Transaction, stack: StackName, reason: number): number {
  const page = topPage(stack);
  const row = findAreaRow(tx, page);
  const args = tx.readBytes(ARGUMENTS, getWord(tx, "argumentBytes"));
  const { sp, bytes } = startBlock(page + PAGE_SIZE, reason, getWord(tx, "pid"), args);
  loadPage(tx, areaAt(tx, row), row, page);
  tx.pages.write(sp, bytes);
  return sp;
}

/**
 * Lets one of the process's threads run from `ip`: whatever it was doing is broken off, a halt ends. The program may have
 * overwritten the word of its UTCB that says who its pager is.
 */
export function* startAt(s: Request, thread: ThreadId, ip: number, sp: number): Part<undefined> {
  const control = EXREGS_SEND | EXREGS_RECEIVE | EXREGS_SP | EXREGS_IP | EXREGS_PAGER | EXREGS_SET_HALT;
  yield* s.exchangeRegisters(thread, control, { sp, ip, pager: s.thread });
  return undefined;
}

/**
 * Lets the program's first thread run from the entry.
 * Its first page fault will be answered with all good pages at once.
 */
export function* startThread(s: Request, stack: StackName, reason: number): Part<number> {
  const [sp, user, entry] = yield* s.step((tx) => {
    setWord(tx, "prefetch", 1);
    setCount(tx, "startedLow", tx.now());
    setWord(tx, "startedSequence", tx.read(RESTART_PAGE.low + 4 * RESTART_SEQUENCE));
    return [writeStartBlock(tx, stack, reason), getWord(tx, "user"), getWord(tx, "entry")];
  });
  yield* startAt(s, user!, entry!, sp!);
  return 1;
}
