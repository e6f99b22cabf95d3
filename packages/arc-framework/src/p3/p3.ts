/**
 * P3, the per-process pager: loader, memory and way back of one process.
 *
 * Here: which message is for whom, as a definition for the runtime of resident servers.
 * Not here: what is done (`loader.ts`, `faults.ts`, `recovery.ts`), and how it survives (`../server`).
 * Only the process itself and ART are listened to; everybody else is refused.
 * Reference: thesis 4.2.2 and appendix C; docs/protocols.md section 7.
 * @module
 */
import { LABEL_EXCEPTION, LABEL_HANG, LABEL_PAGE_FAULT, threadNumber } from "@kintsugi/microkernel";
import { detect, type Switch } from "../detect/detect.ts";
import type { Detector, Failure } from "../failure.ts";
import { TEMPERATURE_NAMES } from "../policy/group.ts";
import type { RecoveryPolicy } from "../policy/policy.ts";
import { decide } from "../policy/reference.ts";
import { P3_PERSISTENT_MEMORY } from "../protocol/address-space.ts";
import { ART_GROUP_GO, ART_PROCESS_ENDED } from "../protocol/art.ts";
import {
  P3_COMMIT,
  P3_EXIT,
  P3_GROUP_GO,
  P3_GROUP_NOTIFY,
  P3_GROUP_STOP,
  P3_PANIC,
  P3_PROTECT,
  P3_READY,
  P3_RECOVERED,
  P3_RESTART,
  P3_SHARED_CLOSE,
  P3_SHARED_MAP,
  P3_SHARED_OFFER,
  P3_SHARED_OPEN,
  P3_WINDOW,
} from "../protocol/p3.ts";
import { ACTION_COLD, ACTION_GROUP, STEP_RECOVER } from "../protocol/recovery-record.ts";
import { STATUS_FAILED, STATUS_INVALID, STATUS_OK, STATUS_REFUSED } from "../protocol/status.ts";
import { ART_THREAD, PROCESS_LIMIT } from "../protocol/thread-numbers.ts";
import type { Message } from "../server/action.ts";
import type { CutProbe } from "../server/cut-point.ts";
import { type Handler, type Part, type Request, reply } from "../server/request.ts";
import { type HandlerFunction, type ResidentObserver, ResidentServer } from "../server/resident-server.ts";
import { bringIn, look } from "./faults.ts";
import { memberPolicy, notifyMember, serverLost, stopMember } from "./group.ts";
import { commit, openWindow, protect } from "./guards.ts";
import { load } from "./loader.ts";
import type { RecoveryObserver } from "./observer.ts";
import { recover, recoverRefused } from "./recovery.ts";
import { report } from "./report.ts";
import { closeShared, mapShared, offerShared, openShared } from "./shared.ts";
import { getWord, setWord } from "./state.ts";
import { markStep } from "./timeline.ts";

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
  const fail = (s: Request, failure: Failure): Part<undefined> => recover(s, failure, policy, observer);

  function* pageFault(s: Request): Handler {
    const address = s.word(1) >>> 0;
    const plan = yield* look(s, address);
    const failure = detect(noticeOf(s), () => (plan.rights < 0 ? undefined : plan));
    if (failure !== undefined) return isUnnoticed(failure) ? undefined : yield* fail(s, failure);
    const items = plan.items.length > 0 ? plan.items : yield* bringIn(s, address, plan);
    if (items.length > 0) return { items };
    return yield* fail(s, {
      kind: "page fault",
      detector: "no-memory",
      detail: s.label & 7,
      address,
      instruction: s.word(2) >>> 0,
    });
  }

  function* failed(s: Request): Handler {
    const failure = detect(noticeOf(s), () => undefined);
    if (failure === undefined) return reply(STATUS_INVALID);
    if (!isUnnoticed(failure)) return yield* fail(s, failure);
    return failure.kind === "hang" ? {} : undefined;
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

  function* go(s: Request): Handler {
    yield* s.send(s.sender, reply(STATUS_OK));
    const temperature = TEMPERATURE_NAMES[s.word(2)] ?? "hot";
    // The next one waits for this one's READY.
    if (temperature === "alone")
      yield* s.step((tx) => {
        setWord(tx, "group", 1);
        return [];
      });
    yield* recover(s, serverLost(s.word(1)), memberPolicy(temperature), observer);
    return undefined;
  }

  const handlers: [number, HandlerFunction][] = [
    [LABEL_PAGE_FAULT, ofProcess(pageFault)],
    [LABEL_EXCEPTION, ofProcess(failed)],
    [LABEL_HANG, ofProcess(failed)],
    [P3_PANIC, ofProcess(failed)],
    [P3_EXIT, ofProcess(exit)],
    [P3_PROTECT, ofProcess(protect)],
    [P3_COMMIT, ofProcess(commit)],
    [P3_WINDOW, ofProcess(openWindow)],
    [P3_SHARED_OPEN, ofProcess(openShared)],
    [P3_SHARED_OFFER, ofProcess(offerShared)],
    [P3_SHARED_MAP, ofProcess(mapShared)],
    [P3_SHARED_CLOSE, ofProcess(closeShared)],
    [P3_READY, ofProcess((s) => ready(s, observer))],
    [P3_RECOVERED, ofProcess(recovered)],
    [ART_REQUESTS, ofProcess(passOn)],
    [P3_RESTART, ofArt(restart)],
    [P3_GROUP_STOP, ofArt(stopMember)],
    [P3_GROUP_GO, ofArt(go)],
    [P3_GROUP_NOTIFY, ofArt(notifyMember)],
  ];
  return new ResidentServer(
    { name: "p3", threadMemory: () => P3_PERSISTENT_MEMORY, start: load, handlers: new Map(handlers) },
    { observer, ...(options.probe === undefined ? {} : { probe: options.probe }) },
  );
}

function noticeOf(s: Request): { readonly label: number; readonly words: readonly number[] } {
  return { label: s.label, words: s.words.map((word) => word >>> 0) };
}

/** Refuses what does not come from the process's own thread. */
function ofProcess(handler: (s: Request) => Handler): HandlerFunction {
  return function* (s: Request): Handler {
    const [user] = yield* s.step((tx) => [getWord(tx, "user")]);
    return user === s.sender ? yield* handler(s) : reply(STATUS_REFUSED);
  };
}

/** Refuses what does not come from one of ART's threads: nobody else can have these numbers. */
function ofArt(handler: (s: Request) => Handler): HandlerFunction {
  return function* (s: Request): Handler {
    const number = threadNumber(s.sender);
    return number >= ART_THREAD && number <= ART_THREAD + PROCESS_LIMIT ? yield* handler(s) : reply(STATUS_REFUSED);
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
  if (group === 1) yield* s.call(art!, { label: ART_GROUP_GO });
  return cold === 1 ? yield* answerAndReport(s, observer) : reply(STATUS_OK);
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
