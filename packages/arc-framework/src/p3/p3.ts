/**
 * P3, the per-process pager: loader, memory and way back of one process.
 *
 * Here: which message is for whom, as a definition for the runtime of resident servers.
 * Not here: what is done (`loader.ts`, `faults.ts`, `recovery.ts`), and how it survives (`../server`).
 * Only the process itself and ART are listened to; everybody else is refused.
 * Over 300 lines: what each message that tells of a failure leads to is best compared in one place.
 * Reference: thesis 4.2.2 and appendix C; docs/protocols.md section 7.
 * @module
 */
import {
  EXCEPTION_EIP,
  EXREGS_HALT,
  EXREGS_SET_HALT,
  LABEL_EXCEPTION,
  LABEL_HANG,
  LABEL_PAGE_FAULT,
  threadNumber,
} from "@kintsugi/microkernel";
import { detect, type Switch } from "../detect/detect.ts";
import { type Notice, wordOf } from "../detect/notice.ts";
import type { Detector, Failure } from "../failure.ts";
import { TEMPERATURE_NAMES } from "../policy/group.ts";
import type { RecoveryPolicy } from "../policy/policy.ts";
import { decide } from "../policy/reference.ts";
import { P3_PERSISTENT_MEMORY } from "../protocol/address-space.ts";
import { ART_GROUP_GO, ART_PROCESS_ENDED } from "../protocol/art.ts";
import {
  P3_CHECK,
  P3_CLONE,
  P3_COMMIT,
  P3_DAMAGED,
  P3_DELETE_THREAD,
  P3_EXIT,
  P3_FAILED,
  P3_GROUP_GO,
  P3_GROUP_NOTIFY,
  P3_GROUP_STOP,
  P3_NEW_THREAD,
  P3_PANIC,
  P3_PRIORITY,
  P3_PROTECT,
  P3_READY,
  P3_RECOVERED,
  P3_RESTART,
  P3_SHARED_CLOSE,
  P3_SHARED_MAP,
  P3_SHARED_OFFER,
  P3_SHARED_OPEN,
  P3_VIOLATION,
  P3_WINDOW,
} from "../protocol/p3.ts";
import { ACTION_COLD, ACTION_GROUP, STEP_RECOVER } from "../protocol/recovery-record.ts";
import { STATUS_FAILED, STATUS_INVALID, STATUS_OK, STATUS_REFUSED } from "../protocol/status.ts";
import { ART_THREAD, ART_WATCH_THREAD } from "../protocol/thread-numbers.ts";
import type { Message } from "../server/action.ts";
import type { CutProbe } from "../server/cut-point.ts";
import { type Handler, type Part, type Request, reply } from "../server/request.ts";
import { type HandlerFunction, type ResidentObserver, ResidentServer } from "../server/resident-server.ts";
import { damagedText, isQuiet, usageFrom, usageOf, usageWords } from "./check-up.ts";
import { clone } from "./clone.ts";
import { codeAt } from "./code.ts";
import { isPadding } from "./environment.ts";
import { bringIn, look } from "./faults.ts";
import { memberPolicy, notifyMember, serverLost, stopMember } from "./group.ts";
import { commit, openWindow, protect, watchPersistentMemory } from "./guards.ts";
import { lend } from "./lent.ts";
import { load } from "./loader.ts";
import type { RecoveryObserver } from "./observer.ts";
import { isDue, isPostponed } from "./postpone.ts";
import { recover, recoverAfterReply, recoverRefused } from "./recovery.ts";
import { report } from "./report.ts";
import { closeShared, mapShared, offerShared, openShared } from "./shared.ts";
import { getWord, setWord } from "./state.ts";
import { deleteThread, isOwn, newThread, setPriority } from "./threads.ts";
import { markStep } from "./timeline.ts";
import { violation } from "./violation.ts";

/** What a machine may supply to its P3s; all of it may be left out. */
export interface P3Options {
  /** What to do about failures; the reference policy when left out. */
  readonly policy?: RecoveryPolicy;
  /**
   * Detectors that are switched off. Nobody notices what they look for: the thread is never answered and waits; one that
   * hangs goes on; a kill is refused.
   */
  readonly without?: ReadonlySet<Switch>;
  /** Asked at every cut point of P3's own code; crashes it by throwing. */
  readonly probe?: CutProbe;
  readonly observer?: ResidentObserver & RecoveryObserver;
}

/** Labels that are passed on to ART: 0x201…0x20F. */
const ART_REQUESTS = 0x200;

/** The program for all P3s of a machine: what tells them apart is in their address spaces. */
export function createP3(options: P3Options = {}): ResidentServer {
  const { policy = decide, observer = {} } = options;
  const without: ReadonlySet<Detector> = options.without ?? new Set();
  const isUnnoticed = ({ detector }: Failure): boolean => without.has(detector);
  const fail = (s: Request, failure: Failure): Part<readonly number[]> => recover(s, failure, policy, observer);
  /** Recovers, and answers only where the program goes on although it has failed. */
  const failing = function* (s: Request, failure: Failure): Handler {
    const items = yield* fail(s, failure);
    return items.length > 0 ? { items } : undefined;
  };

  function* pageFault(s: Request): Handler {
    const address = s.word(1) >>> 0;
    const plan = yield* look(s, address);
    const failure = detect(noticeOf(s), () => (plan.rights < 0 ? undefined : plan));
    if (failure !== undefined) return yield* badAccess(s, failure);
    const items = plan.items.length > 0 ? plan.items : yield* bringIn(s, address, plan);
    if (items.length > 0) return { items };
    yield* fail(s, {
      kind: "page fault",
      detector: "no-memory",
      detail: s.label & 7,
      address,
      instruction: s.word(2) >>> 0,
    });
    return undefined;
  }

  /** An access that goes nowhere, unless a page is lent for it: to a program that goes on to its answer, or in its padding. */
  function* badAccess(s: Request, failure: Failure): Handler {
    if (isUnnoticed(failure)) return undefined;
    const [lendable] = yield* s.step((tx) => [isPostponed(tx) || isPadding(tx, failure.address) ? 1 : 0]);
    const outside = failure.detector === "outside-areas";
    const items = lendable === 1 && outside ? yield* lend(s, failure.address) : [];
    return items.length > 0 ? { items } : yield* failing(s, failure);
  }

  function* failed(s: Request): Handler {
    const failure = detect(yield* withCode(s), () => undefined);
    if (failure === undefined) return reply(STATUS_INVALID);
    if (!isUnnoticed(failure)) return yield* failing(s, failure);
    return failure.kind === "hang" ? {} : undefined;
  }

  /** A request begins. */
  function* begins(s: Request): Handler {
    const [due] = yield* s.step((tx) => [isDue(tx) ? 1 : 0]);
    if (due === 0) return yield* commit(s);
    yield* recoverAfterReply(s, observer);
    return undefined;
  }

  function* damaged(s: Request): Handler {
    const failure = detect(noticeOf(s), () => undefined);
    if (failure === undefined || isUnnoticed(failure)) return reply(STATUS_INVALID);
    return yield* failing(s, failure);
  }

  function* brokenProtocol(s: Request): Handler {
    return yield* violation(s, function* (label) {
      const failure: Failure = { kind: "protocol", detector: "protocol", detail: label, address: 0, instruction: 0 };
      return isUnnoticed(failure) ? reply(STATUS_INVALID) : yield* failing(s, failure);
    });
  }

  /** ART has found the program to fail: it does nothing more, and nobody waits for its recovery. */
  function* foundFailing(s: Request): Handler {
    const failure = detect(noticeOf(s), () => undefined);
    if (failure === undefined || isUnnoticed(failure)) return reply(STATUS_REFUSED);
    const [user] = yield* s.step((tx) => [getWord(tx, "user")]);
    yield* s.exchangeRegisters(user!, EXREGS_SET_HALT | EXREGS_HALT);
    yield* s.send(s.sender, reply(STATUS_OK));
    return yield* failing(s, failure);
  }

  /** The answer comes behind the look, so that a machine in which nothing else happens comes to rest with the watch. */
  function* checkUp(s: Request): Handler {
    const [due] = yield* s.step((tx) => [isDue(tx) ? 1 : 0]);
    if (due === 1) {
      yield* s.send(s.sender, reply(STATUS_OK));
      yield* recoverAfterReply(s, observer);
      return undefined;
    }
    const [damage, quiet, ...words] = yield* s.step((tx) => {
      const page = without.has("code-checksum") ? 0 : damagedText(tx);
      return [page, isQuiet(tx) ? 1 : 0, ...usageWords(usageOf(tx))];
    });
    const usage = usageFrom(words);
    const action = quiet === 1 ? policy.rejuvenate?.(usage) : undefined;
    const seen = [damage! >>> 0, usage.heap, action === undefined ? 0 : 1];
    const failure = detect({ label: s.label, words: seen }, () => undefined);
    if (failure === undefined || isUnnoticed(failure)) return reply(STATUS_OK);
    yield* s.send(s.sender, reply(STATUS_OK));
    const renew: RecoveryPolicy | undefined = failure.kind === "aging" && action ? () => action : undefined;
    yield* recover(s, failure, renew ?? policy, observer);
    return undefined;
  }

  function* becameReady(s: Request): Handler {
    if (policy.undoes === true) yield* watchPersistentMemory(s);
    return yield* ready(s, observer);
  }

  function* recovered(s: Request): Handler {
    const [recovering] = yield* s.step((tx) => [getWord(tx, "recovering")]);
    if (recovering === 0) return reply(STATUS_INVALID);
    if (s.word(1) !== STATUS_OK) return yield* recoverRefused(s, policy, observer);
    const [quarantine] = yield* s.step((tx) => {
      markStep(tx, STEP_RECOVER, 0, observer);
      return [getWord(tx, "quarantine")];
    });
    return yield* answerAndReport(s, observer, quarantine);
  }

  function* restart(s: Request): Handler {
    const failure = detect(noticeOf(s), () => undefined);
    if (failure === undefined || isUnnoticed(failure)) return reply(STATUS_REFUSED);
    yield* fail(s, failure);
    return reply(STATUS_OK);
  }

  /** The answer comes when the program has been started: so the members of a group are restarted in the order in which ART lets them go. */
  function* go(s: Request): Handler {
    const temperature = TEMPERATURE_NAMES[s.word(2)] ?? "hot";
    // The next one waits for this one's READY.
    if (temperature === "alone")
      yield* s.step((tx) => {
        setWord(tx, "group", 1);
        return [];
      });
    yield* recover(s, serverLost(s.word(1)), memberPolicy(temperature), observer);
    return reply(STATUS_OK);
  }

  const handlers: [number, HandlerFunction][] = [
    [LABEL_PAGE_FAULT, ofProcess(pageFault)],
    [LABEL_EXCEPTION, ofProcess(failed)],
    [LABEL_HANG, ofProcess(failed)],
    [P3_PANIC, ofProcess(failed)],
    [P3_EXIT, ofProcess(exit)],
    [P3_PROTECT, ofProcess(protect)],
    [P3_COMMIT, ofProcess(begins)],
    [P3_WINDOW, ofProcess(openWindow)],
    [P3_SHARED_OPEN, ofProcess(openShared)],
    [P3_SHARED_OFFER, ofProcess(offerShared)],
    [P3_SHARED_MAP, ofProcess(mapShared)],
    [P3_SHARED_CLOSE, ofProcess(closeShared)],
    [P3_CLONE, ofProcess(clone)],
    [P3_NEW_THREAD, ofProcess(newThread)],
    [P3_DELETE_THREAD, ofProcess(deleteThread)],
    [P3_PRIORITY, ofProcess(setPriority)],
    [P3_DAMAGED, ofProcess(damaged)],
    [P3_VIOLATION, ofProcess(brokenProtocol)],
    [P3_READY, ofProcess(becameReady)],
    [P3_RECOVERED, ofProcess(recovered)],
    [ART_REQUESTS, ofProcess(passOn)],
    [P3_RESTART, ofArt(restart)],
    [P3_GROUP_STOP, ofArt(stopMember)],
    [P3_GROUP_GO, ofArt(go)],
    [P3_GROUP_NOTIFY, ofArt(notifyMember)],
    [P3_FAILED, ofArt(foundFailing)],
    [P3_CHECK, ofArt(checkUp)],
  ];
  return new ResidentServer(
    { name: "p3", threadMemory: () => P3_PERSISTENT_MEMORY, start: load, handlers: new Map(handlers) },
    { observer, ...(options.probe === undefined ? {} : { probe: options.probe }) },
  );
}

function noticeOf(s: Request): Notice {
  return { label: s.label, words: s.words.map((word) => word >>> 0) };
}

/** With the bytes at the place of an exception. */
function* withCode(s: Request): Part<Notice> {
  const notice = noticeOf(s);
  if (s.label !== LABEL_EXCEPTION) return notice;
  const code = yield* s.step((tx) => codeAt(tx, wordOf(notice, EXCEPTION_EIP)));
  return { ...notice, code };
}

/** Refuses what does not come from one of the process's own threads. */
function ofProcess(handler: (s: Request) => Handler): HandlerFunction {
  return function* (s: Request): Handler {
    const [own] = yield* s.step((tx) => [isOwn(tx, s.sender) ? 1 : 0]);
    return own === 1 ? yield* handler(s) : reply(STATUS_REFUSED);
  };
}

/** Refuses what does not come from one of ART's threads: nobody else can have these numbers. */
function ofArt(handler: (s: Request) => Handler): HandlerFunction {
  return function* (s: Request): Handler {
    const number = threadNumber(s.sender);
    return number >= ART_THREAD && number <= ART_WATCH_THREAD ? yield* handler(s) : reply(STATUS_REFUSED);
  };
}

function* exit(s: Request): Handler {
  const [art] = yield* s.step((tx) => [getWord(tx, "art")]);
  yield* s.send(art!, { label: ART_PROCESS_ENDED, words: [s.word(1), 0, 0, 0] });
  return undefined;
}

function* ready(s: Request, observer: RecoveryObserver): Handler {
  const [cold, group, art] = yield* s.step((tx) => {
    setWord(tx, "ready", 1);
    const stopped = getWord(tx, "group");
    setWord(tx, "group", 0);
    // After a hot restart RECOVERED is still to come; behind a cold start this is all.
    const action = getWord(tx, "action");
    const isCold = action === ACTION_COLD || action === ACTION_GROUP;
    if (isCold && getWord(tx, "recovering") !== 0) markStep(tx, STEP_RECOVER, 0, observer);
    return [isCold ? 1 : 0, stopped, getWord(tx, "art")];
  });
  yield* s.send(s.sender, reply(STATUS_OK));
  if (cold === 1) yield* report(s, observer);
  // The root of a group is recovered first, then its members.
  if (group === 1) yield* s.call(art!, { label: ART_GROUP_GO });
  return undefined;
}

/** Lets the program go on first: the report is not part of its downtime. */
function* answerAndReport(s: Request, observer: RecoveryObserver, ...words: readonly number[]): Handler {
  yield* s.send(s.sender, reply(STATUS_OK, ...words));
  yield* report(s, observer);
  return undefined;
}

/** In the name of the process: ART knows whose P3 this is by the service thread. */
function* passOn(s: Request): Handler {
  const [art] = yield* s.step((tx) => [getWord(tx, "art")]);
  const answer = yield* s.call(art!, { label: s.label, words: s.words.slice(0, s.count) });
  const message: Message = answer.error === 0 ? { words: answer.words } : reply(STATUS_FAILED);
  return message;
}
