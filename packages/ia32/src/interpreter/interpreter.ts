/**
 * The interpreter: runs decoded blocks until the budget ends or something must be told to the host.
 *
 * Here: the loop, exact counting, and turning a raised fault into state. The budget is exact to the instruction:
 * a block longer than what is left is cut. The power word is polled at least every POLL instructions. The processor
 * runs this loop with its hot instructions written out (→ generated/dispatch.ts); tests hold the two together.
 * @module
 */
import { FAULT } from "../interrupt/exception.ts";
import type { Operation } from "../isa/operation.ts";
import { frameOf } from "../mmu/tlb.ts";
import { type Core, STOP_LOOK, STOP_REQUESTED } from "../state/core.ts";
import { CS } from "../state/descriptor.ts";
import { EIP } from "../state/registers.ts";
import { type DecodedCode, NEVER } from "./code-cache.ts";
import type { Block, CodePage } from "./code-page.ts";

/** Instructions between two looks at the power word. */
const POLL = 65536;

/** Runs at most `most` instructions (≥ 0), less what is charged on the way; `core.exit` tells why it stopped. */
export function interpret(core: Core, code: DecodedCode, powerWord: Int32Array, most: number): void {
  const r = core.r;
  let budget = most;
  let charged = 0;
  const { hot } = code;
  let operation: Operation | null = null;
  core.executed = 0;
  core.charged = 0;
  core.extra = 0;
  core.position = 0;
  core.stop = 0;
  core.refetch = false;
  let page: CodePage | null = null;
  let pageBase = 0;
  try {
    while (core.executed < budget) {
      if (Atomics.load(powerWord, 0) !== 0) {
        leave(core, "powerFail");
        return;
      }
      let poll = Math.min(budget, core.executed + POLL);
      while (core.executed < poll) {
        const eip = r[EIP];
        operation = null;
        let block: Block | null;
        if (page !== null && (eip - pageBase) >>> 12 === 0) {
          block = page.blocks[page.index[eip - pageBase]];
          if (block === null) block = code.build(page, eip, page.frame);
        } else {
          page = code.pageAt(eip);
          pageBase = ((eip + core.segments[CS].base) & ~0xfff) - core.segments[CS].base;
          pageBase |= 0;
          core.pageBase = pageBase;
          block = page === null ? null : page.blocks[page.index[eip - pageBase]];
          if (block === null) block = code.build(page, eip, page === null ? frameAt(core, eip) : page.frame);
        }
        code.running = block;
        const left = budget - core.executed;
        core.budget = Math.min(left, POLL);
        let next: Operation | null = block.first;
        if (--block.heat < 0) {
          if (hot === null) block.heat = NEVER;
          else if (hot.enter(block, pageBase, poll)) {
            if (hot.faulted) return;
            page = hot.page;
            pageBase = core.pageBase;
            next = hot.resume;
          }
        }
        if (next === null) {
          // Compiled code stopped at the end of a block.
        } else if (block.length <= left) {
          do {
            operation = next;
            operation.execute(core, operation); // dispatch
            next = operation.next;
          } while (next !== null);
        } else {
          let count = left;
          do {
            operation = next;
            operation.execute(core, operation);
            next = operation.next;
          } while (next !== null && --count > 0);
        }
        if (operation !== null) {
          core.executed += operation.position + 1 + core.extra;
          core.extra = 0;
          core.position = 0;
          if (operation.falls) r[EIP] = pageBase + operation.end;
        }
        if (core.stop !== 0) {
          if (core.stop === STOP_REQUESTED) leave(core, "requested");
          else if (core.stop === STOP_LOOK) leave(core, "budget");
          return;
        }
        if (core.refetch) {
          core.refetch = false;
          page = null;
        }
        if (core.charged !== charged) {
          charged = core.charged;
          budget = most - charged;
          poll = Math.min(poll, budget);
        }
      }
    }
    leave(core, "budget");
  } catch (thrown) {
    if (thrown !== FAULT) throw thrown;
    if (operation !== null) {
      core.executed += operation.position + core.extra;
      r[EIP] = core.pageBase + operation.offset;
    }
    core.extra = 0;
    core.position = 0;
  } finally {
    code.running = null;
  }
}

/** Physical page number of code that is not kept. */
function frameAt(core: Core, eip: number): number {
  return frameOf(core, (core.segments[CS].base + eip) | 0);
}

function leave(core: Core, kind: "budget" | "requested" | "powerFail"): void {
  const exit = core.exit;
  exit.kind = kind;
  exit.vector = 0;
  exit.errorCode = 0;
  exit.hasErrorCode = false;
}
