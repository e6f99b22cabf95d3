/**
 * SpaceControl: gives a fresh address space its KIP area and UTCB area.
 *
 *   in    SpaceSpecifier  global id of any thread of the space
 *         control         ignored (small spaces)
 *         KipArea, UtcbArea
 *         redirector      nil leaves it; any: none; else a thread that gets the space's messages to others
 *   out   1, or 0 and ErrorCode; old control 0
 * Privileged. The areas can be changed until a thread of the space becomes active; later they are not looked at.
 * Here: who may ask, and what is done. Not here: what a space is made of (→ object/address-space.ts).
 * Reference: X.2, SpaceControl.
 * @module
 */
import {
  ERROR_INVALID_SPACE,
  ERROR_INVALID_THREAD,
  ERROR_KIP_AREA,
  ERROR_NO_PRIVILEGE,
  ERROR_OUT_OF_MEMORY,
  ERROR_UTCB_AREA,
} from "../api/error-code.ts";
import { fpageBase, fpageBits, fpageSize, PAGE_BITS } from "../api/fpage.ts";
import { USER_AREA_END } from "../api/kip.ts";
import { ANY_THREAD, NIL_THREAD, type ThreadId } from "../api/thread-id.ts";
import { COST_CONTROL } from "../costs.ts";
import { hasUtcbs, initialiseSpace, isInitialised, moveAreas } from "../object/address-space.ts";
import { findGlobal } from "../object/thread.ts";
import type { Arena } from "../table/arena.ts";
import { S, T } from "../table/layout.ts";
import { isPrivileged, refuse } from "./result.ts";

export function spaceControl(
  a: Arena,
  caller: number,
  specifier: ThreadId,
  kipArea: number,
  utcbArea: number,
  redirector: ThreadId,
): 0 | 1 {
  a.charge(COST_CONTROL);
  if (!isPrivileged(a, caller)) return refuse(a, caller, ERROR_NO_PRIVILEGE);
  const row = findGlobal(a, specifier);
  const space = row === 0 ? 0 : a.threads.get(row, T.space);
  if (space === 0) return refuse(a, caller, ERROR_INVALID_SPACE);
  if (redirector !== NIL_THREAD && redirector !== ANY_THREAD && findGlobal(a, redirector) === 0)
    return refuse(a, caller, ERROR_INVALID_THREAD);
  const fresh = !isInitialised(a, space);
  const open = !fresh && (kipArea !== 0 || utcbArea !== 0) && !hasUtcbs(a, space);
  if (fresh || open) {
    if (!inUserArea(utcbArea)) return refuse(a, caller, ERROR_UTCB_AREA);
    if (!inUserArea(kipArea) || overlap(kipArea, utcbArea)) return refuse(a, caller, ERROR_KIP_AREA);
  }
  if (fresh && !initialiseSpace(a, space, kipArea, utcbArea)) return refuse(a, caller, ERROR_OUT_OF_MEMORY);
  if (open && !moveAreas(a, space, kipArea, utcbArea)) return refuse(a, caller, ERROR_OUT_OF_MEMORY);
  if (redirector === ANY_THREAD) a.spaces.set(space, S.redirector, NIL_THREAD);
  else if (redirector !== NIL_THREAD) a.spaces.set(space, S.redirector, redirector);
  return 1;
}

function inUserArea(fpage: number): boolean {
  return fpageBits(fpage) >= PAGE_BITS && fpageBase(fpage) + fpageSize(fpage) <= USER_AREA_END;
}

function overlap(one: number, other: number): boolean {
  return fpageBase(one) < fpageBase(other) + fpageSize(other) && fpageBase(other) < fpageBase(one) + fpageSize(one);
}
