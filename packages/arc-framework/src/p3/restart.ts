/**
 * What a restart does to a process, in terms of its tables and of kernel calls.
 *
 * Here: stopping, unmapping, renewing, loading, starting, ending; each can be cut and run again.
 * Not here: their order (`../plan`, `../apply`), the decision (`recovery.ts`).
 * Reference: thesis 4.4.1 (hot restart) and Table 4.2; docs/protocols.md section 3.
 * @module
 */

import {
  EXREGS_HALT,
  EXREGS_IP,
  EXREGS_PAGER,
  EXREGS_RECEIVE,
  EXREGS_SEND,
  EXREGS_SET_HALT,
  EXREGS_SP,
  FPAGE_RWX,
  NIL_THREAD,
  periodCode,
  RESTART_REPLIED,
  RESTART_SENDER,
  RESTART_SEQUENCE,
} from "@kintsugi/microkernel";
import type { Restartable } from "../apply/apply.ts";
import { hex } from "../elf/error.ts";
import { PAGE_SIZE, RESTART_PAGE } from "../elf/layout.ts";
import type { AreaKind } from "../plan/area-kind.ts";
import type { Environment } from "../policy/policy.ts";
import { SIBLINGS, type Siblings } from "../policy/siblings.ts";
import { ART_GROUP_STOP, ART_PROCESS_ENDED, ART_REBOOT, ART_RECREATE, ART_UNDERTAKER } from "../protocol/art.ts";
import { STATUS_FAILED, STATUS_OK } from "../protocol/status.ts";
import { CYCLES_PER_MICROSECOND } from "../protocol/time.ts";
import type { Part, Request } from "../server/request.ts";
import { packText } from "../server/text.ts";
import type { Transaction } from "../server/transaction.ts";
import type { Area } from "./areas.ts";
import { coveringFpage } from "./blocks.ts";
import { damagedText } from "./check-up.ts";
import { setEnvironment } from "./environment.ts";
import { saveFailureWords } from "./failure-words.ts";
import { forgetGuards, rollBack } from "./guards.ts";
import { takeBack } from "./lent.ts";
import type { RecoveryObserver } from "./observer.ts";
import { content, generation, memoryRange, reloadPages, renewArea } from "./pages.ts";
import { report } from "./report.ts";
import { giveUpAll } from "./shared.ts";
import { type StackName, startThread } from "./start.ts";
import { areaAt, getWord, setWord } from "./state.ts";
import { markStep } from "./timeline.ts";
import { UNDERTAKER_ENTRY } from "./undertaker.ts";

/** The words of the history that say where the program stands, and those of the restart page that they come from. */
const PROGRESS = [
  ["sequence", RESTART_SEQUENCE],
  ["replied", RESTART_REPLIED],
] as const;

/** Pages that one step loads at most: a step's undo log has a bound. */
const PAGES_PER_STEP = 64;

/** Calls `visit` for each area of the kinds. */
function forAreas(tx: Transaction, kinds: readonly AreaKind[], visit: (area: Area, row: number) => void): void {
  const count = getWord(tx, "areas");
  for (let row = 0; row < count; row++) {
    const area = areaAt(tx, row);
    if (kinds.includes(area.kind)) visit(area, row);
  }
}

/** First and last good page of an area; none have been mapped outside these. */
function usedRange(tx: Transaction, area: Area, row: number): { low: number; high: number; pages: number } {
  const memory = memoryRange(tx, row);
  const present = generation(tx, row);
  const used = { low: 0, high: 0, pages: 0 };
  for (let page = memory.low; page < memory.high; page += PAGE_SIZE) {
    if (content(tx, area, page) !== present) continue;
    if (used.pages++ === 0) used.low = page;
    used.high = page + PAGE_SIZE;
  }
  return used;
}

export class ProcessRestart implements Restartable {
  readonly #s: Request;
  readonly #observer: RecoveryObserver;

  constructor(s: Request, observer: RecoveryObserver) {
    this.#s = s;
    this.#observer = observer;
  }

  /**
   * Halts the thread first: one that was killed in the middle of its work must not meet half a restart.
   * Moving it to the entry makes the kernel record the frame of one that no fault stopped.
   * A covering fpage may take back pages of kept areas, too; they come back with their next fault.
   */
  *unmap(kinds: readonly AreaKind[]): Part<number> {
    const s = this.#s;
    yield* takeBack(s);
    const [user, entry, pages, ...fpages] = yield* s.step((tx) => {
      let used = 0;
      const covers: number[] = [];
      forAreas(tx, kinds, (area, row) => {
        const range = usedRange(tx, area, row);
        used += range.pages;
        if (range.pages > 0) covers.push(coveringFpage(range.low, range.high, FPAGE_RWX));
      });
      return [getWord(tx, "user"), getWord(tx, "entry"), used, ...covers];
    });
    yield* s.exchangeRegisters(user!, EXREGS_SET_HALT | EXREGS_HALT | EXREGS_IP, { ip: entry! });
    if (fpages.length > 0) yield* s.unmap(fpages);
    return pages!;
  }

  *initialize(kinds: readonly AreaKind[]): Part<number> {
    yield* rollBack(this.#s);
    yield* this.#s.step((tx) => {
      saveFailureWords(tx);
      if (kinds.includes("persistent memory")) forgetGuards(tx);
      forAreas(tx, kinds, (_area, row) => renewArea(tx, row));
      return [];
    });
    return 0;
  }

  /**
   * Loads the pages that the program had in its last life; others come when they are touched. Text is
   * loaded, too, though the program cannot write to it: a restart is there to get rid of whatever went
   * wrong, and bytes that changed in another way (a stray DMA, a flipped bit) would fail for ever. Pages that check-ups have
   * summed must have these sums again.
   */
  *load(kinds: readonly AreaKind[]): Part<number> {
    let total = 0;
    for (;;) {
      const [loaded] = yield* this.#s.step((tx) => {
        let done = 0;
        forAreas(tx, kinds, (area, row) => {
          if (done < PAGES_PER_STEP) done += reloadPages(tx, area, row, PAGES_PER_STEP - done);
        });
        return [done];
      });
      total += loaded!;
      if (loaded! < PAGES_PER_STEP) break;
    }
    const [damaged] = yield* this.#s.step((tx) => [kinds.includes("image") ? damagedText(tx, 0) : 0]);
    // The file itself has changed in memory: no restart helps, and a boot brings the file anew.
    if (damaged !== 0) yield* this.reboot(`the file of a program is damaged in memory, at ${hex(damaged! >>> 0)}`);
    return total;
  }

  /** A client that is stopped waits for no answer any more: its request, if it is the open one, counts as answered. */
  stopClients(): Part<number> {
    return this.#stopGroup(0);
  }

  /** The answer comes when it is this server's turn to start. */
  stopSiblings(siblings: Siblings): Part<number> {
    return this.#stopGroup(1 + SIBLINGS.indexOf(siblings));
  }

  *#stopGroup(group: number): Part<number> {
    const s = this.#s;
    const [art] = yield* s.step((tx) => [getWord(tx, "art")]);
    const answer = yield* s.call(art!, { label: ART_GROUP_STOP, words: [group] });
    yield* s.step((tx) => {
      setWord(tx, "group", 1);
      const word = (index: number): number => RESTART_PAGE.low + 4 * index;
      const sender = tx.read(word(RESTART_SENDER));
      if (answer.words.slice(1).includes(sender)) tx.write(word(RESTART_REPLIED), tx.read(word(RESTART_SEQUENCE)));
      return [];
    });
    return 0;
  }

  *changeEnvironment(environment: readonly Environment[]): Part<number> {
    yield* setEnvironment(this.#s, environment);
    return 0;
  }

  /** Without the memory for another address space the program keeps the one that it has. */
  *recreate(): Part<number> {
    const s = this.#s;
    const [art] = yield* s.step((tx) => [getWord(tx, "art")]);
    yield* s.call(art!, { label: ART_RECREATE });
    return 0;
  }

  /** Only servers have clients. The thread is the program's again afterwards, and stands still. */
  *answerClients(): Part<number> {
    const s = this.#s;
    const [server, user, art, client] = yield* s.step((tx) => {
      const word = (index: number): number => tx.read(RESTART_PAGE.low + 4 * index);
      const open = word(RESTART_SEQUENCE) !== word(RESTART_REPLIED);
      return [getWord(tx, "server"), getWord(tx, "user"), getWord(tx, "art"), open ? word(RESTART_SENDER) : NIL_THREAD];
    });
    if (server === 0) return 0;
    const breakOff = EXREGS_SEND | EXREGS_RECEIVE | EXREGS_SET_HALT;
    yield* s.exchangeRegisters(user!, breakOff | EXREGS_HALT);
    const answer = yield* s.call(art!, { label: ART_UNDERTAKER, words: [1] });
    if (answer.words[0] === STATUS_OK) {
      const control = breakOff | EXREGS_SP | EXREGS_IP | EXREGS_PAGER;
      yield* s.exchangeRegisters(user!, control, { sp: client!, ip: UNDERTAKER_ENTRY, pager: s.thread });
      yield* s.receive(user!);
      yield* s.exchangeRegisters(user!, breakOff | EXREGS_HALT);
      yield* s.call(art!, { label: ART_UNDERTAKER, words: [0] });
    }
    yield* s.step((tx) => {
      // Those answers are no sign that the program gets on.
      for (const [field, index] of PROGRESS) setWord(tx, field, tx.read(RESTART_PAGE.low + 4 * index));
      return [];
    });
    return 0;
  }

  *releaseShared(): Part<number> {
    return yield* giveUpAll(this.#s);
  }

  *wait(cycles: number): Part<number> {
    yield* this.#s.sleep(periodCode(cycles / CYCLES_PER_MICROSECOND));
    return 0;
  }

  *start(stack: StackName, reason: number): Part<number> {
    return yield* startThread(this.#s, stack, reason);
  }

  *end(reason: number): Part<number> {
    const s = this.#s;
    yield* report(s, this.#observer);
    const [art, detail, address] = yield* s.step((tx) => [
      getWord(tx, "art"),
      getWord(tx, "detail"),
      getWord(tx, "address"),
    ]);
    yield* s.send(art!, { label: ART_PROCESS_ENDED, words: [STATUS_FAILED, reason, detail!, address!] });
    return 0;
  }

  *reboot(text: string): Part<number> {
    const s = this.#s;
    const [art] = yield* s.step((tx) => [getWord(tx, "art")]);
    yield* s.send(art!, { label: ART_REBOOT, words: packText(text) });
    return 0;
  }

  *mark(step: number, pages: number): Part<undefined> {
    yield* this.#s.step((tx) => {
      markStep(tx, step, pages, this.#observer);
      return [];
    });
    return undefined;
  }
}
