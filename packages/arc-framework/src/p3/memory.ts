/**
 * Getting memory: pages from ART, and the module that a program comes from.
 *
 * Here: the calls to ART. Not here: which pages are wanted (`faults.ts`, `loader.ts`), their contents (`pages.ts`).
 * Reference: docs/protocols.md section 7, ALLOCATE and MODULE_MAP.
 * @module
 */
import { COMPLETE_FPAGE } from "@kintsugi/microkernel";
import { PAGE_SIZE } from "../elf/layout.ts";
import { ART_ALLOCATE, ART_MODULE_MAP } from "../protocol/art.ts";
import { STATUS_FAILED, STATUS_OK } from "../protocol/status.ts";
import type { Part, Request } from "../server/request.ts";
import { MODULE_RUN } from "./pages.ts";

/** Asks ART; map items that come with the answer may go anywhere here. Returns the status. */
function* ask(s: Request, art: number, label: number, words: readonly number[]): Part<number> {
  const answer = yield* s.call(art, { label, words }, { accept: COMPLETE_FPAGE });
  return answer.error === 0 ? (answer.words[0] ?? STATUS_FAILED) : STATUS_FAILED;
}

/** Gets up to 16 zeroed pages at `low`. Returns the status. */
export function allocate(s: Request, art: number, low: number, pages: number): Part<number> {
  return ask(s, art, ART_ALLOCATE, [low, pages]);
}

/** Maps a run of the module's pages here. Returns the status. */
export function* mapRun(s: Request, art: number, module: number, moduleSize: number, run: number): Part<number> {
  const first = run * MODULE_RUN;
  const count = Math.min(MODULE_RUN, Math.ceil(moduleSize / PAGE_SIZE) - first);
  return count <= 0 ? STATUS_OK : yield* ask(s, art, ART_MODULE_MAP, [module, first, count]);
}
