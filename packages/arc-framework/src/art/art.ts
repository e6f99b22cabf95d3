/**
 * ART, the root task: the machine's memory, processes, files and interrupts.
 *
 * Here: which message is for whom. Not here: what is done (`memory.ts`, `services.ts`, `starting.ts`, …).
 * The main thread boots; each process has a service thread of its own, which is its P3's pager and
 * hears of its death. Service threads share the tables, a step at a time, and never wait for each other.
 * Reference: thesis 4.2.2, appendices A and B; docs/protocols.md, section 7.
 * @module
 */
import { LABEL_EXCEPTION, LABEL_PAGE_FAULT, type ResidentContext, type ThreadId } from "@kintsugi/microkernel";
import * as label from "../protocol/art.ts";
import type { CutProbe } from "../server/cut-point.ts";
import { type HandlerFunction, type ResidentObserver, ResidentServer } from "../server/resident-server.ts";
import { ArtMemory } from "./art-memory.ts";
import { blame, countFailure } from "./blame.ts";
import { bootContinuations, continueBoot, start } from "./boot.ts";
import { fromP3, type Service } from "./caller.ts";
import { CLONE_PAGES, clonePages, deleteTask, newTask } from "./clone.ts";
import { becomeUndertaker, recreate } from "./creation.ts";
import { exception, pageFault } from "./faults.ts";
import { groupGo, groupStop } from "./group.ts";
import { interrupt, interruptEnd } from "./interrupts.ts";
import { allocate, mapModule, physicalAddress, RELEASE_SHARED, release, releaseShared, unmap } from "./memory.ts";
import { recoveryInfo, recoveryReport } from "./records.ts";
import { REMOVE_PAGES, removePages } from "./removal.ts";
import {
  bootInfo,
  connectTo,
  execute,
  fileFind,
  fileInfo,
  fileRead,
  kill,
  lookup,
  powerOff,
  processEnded,
  processInfo,
  reboot,
  wait,
} from "./services.ts";
import { map, share } from "./sharing.ts";
import { CONTINUE_BOOT } from "./starter.ts";
import { processStart, processStarted } from "./starting.ts";
import { deleteThread, newThread, setPriority } from "./threads.ts";
import { type WatchOptions, watchContinuations } from "./watch.ts";

/** ART's program. */
export function createArt(
  options: { probe?: CutProbe; observer?: ResidentObserver; watch?: WatchOptions } = {},
): ResidentServer {
  const memory = new ArtMemory();
  const { watch } = options;
  const services: [number, Service][] = [
    [LABEL_PAGE_FAULT, pageFault(memory)],
    [LABEL_EXCEPTION, exception(memory)],
    [label.ART_LOOKUP, lookup(memory)],
    [label.ART_EXECUTE, execute(memory)],
    [label.ART_WAIT, wait(memory)],
    [label.ART_PROCESS_INFO, processInfo(memory)],
    [label.ART_KILL, kill(memory)],
    [label.ART_FILE_INFO, fileInfo(memory)],
    [label.ART_FILE_FIND, fileFind(memory)],
    [label.ART_FILE_READ, fileRead(memory)],
    [label.ART_INTERRUPT, interrupt(memory)],
    [label.ART_INTERRUPT_END, interruptEnd(memory)],
    [label.ART_RECOVERY_INFO, recoveryInfo(memory)],
    [label.ART_POWER_OFF, powerOff()],
    [label.ART_BOOT_INFO, bootInfo(memory)],
    [label.ART_ALLOCATE, allocate(memory)],
    [label.ART_RELEASE, release(memory)],
    [label.ART_MODULE_MAP, mapModule(memory)],
    [label.ART_SHARE, share(memory)],
    [label.ART_MAP, map(memory)],
    [label.ART_UNMAP, unmap(memory)],
    [label.ART_PHYSICAL, physicalAddress(memory)],
    [label.ART_NEW_THREAD, newThread(memory)],
    [label.ART_DELETE_THREAD, deleteThread(memory)],
    [label.ART_PRIORITY, setPriority(memory)],
    [label.ART_NEW_TASK, newTask(memory)],
    [label.ART_DELETE_TASK, deleteTask(memory)],
    [label.ART_RECREATE, recreate(memory)],
    [label.ART_UNDERTAKER, becomeUndertaker(memory)],
    [label.ART_PROCESS_ENDED, processEnded(memory)],
    [label.ART_RECOVERY_REPORT, recoveryReport(memory)],
    [label.ART_PROCESS_START, processStart(memory)],
    [label.ART_PROCESS_STARTED, processStarted(memory)],
    [label.ART_REBOOT, reboot()],
    [label.ART_CONNECT, connectTo(memory)],
    [label.ART_GROUP_STOP, groupStop(memory)],
    [label.ART_GROUP_GO, groupGo(memory)],
    [label.ART_BLAME, blame(memory)],
    [label.ART_FAILURES, countFailure(memory)],
  ];
  const handlers = new Map<number, HandlerFunction>(
    services.map(([number, service]) => [number, fromP3(memory, service)]),
  );
  handlers.set(CONTINUE_BOOT, continueBoot());
  return new ResidentServer(
    {
      name: "art",
      threadMemory: (thread: ThreadId, context: ResidentContext) => {
        memory.locate({ read: (address) => context.read32(address) });
        return memory.threadMemory(thread);
      },
      start: start(memory),
      handlers,
      continuations: new Map([
        ...bootContinuations(memory, watch !== undefined),
        ...(watch === undefined ? [] : watchContinuations(memory, watch)),
        [REMOVE_PAGES, removePages(memory)],
        [RELEASE_SHARED, releaseShared(memory)],
        [CLONE_PAGES, clonePages(memory)],
      ]),
    },
    options,
  );
}
