import { expect, it } from "vitest";
import { receiveWindow } from "./acceptor.ts";
import { ipcError } from "./error-code.ts";
import { COMPLETE_FPAGE, FPAGE_RWX, fpageBase, fpageBits, fpageRights, fpageSize, makeFpage } from "./fpage.ts";
import { messageTag, tagLabel, tagTyped, tagUntyped } from "./msg-tag.ts";
import { globalId, interruptId, isGlobal, threadNumber } from "./thread-id.ts";
import { grantItem, itemSendBase, mapItem } from "./typed-item.ts";
import { BR_BASE, BR_COUNT, MR_COUNT, UTCB_MR0_OFFSET, UTCB_SIZE } from "./utcb.ts";

it("thread ids have the words of the measured kernel", () => {
  expect([globalId(16, 1), globalId(48, 1), globalId(50, 1)]).toEqual([0x40001, 0xc0001, 0xc8001]);
  expect(interruptId(5)).toBe((5 << 14) | 1);
  expect([isGlobal(0xc8001), isGlobal(0xbf000100 | 0), isGlobal(0), isGlobal(-1)]).toEqual([true, false, false, true]);
  expect(threadNumber(globalId(0x1ffff, 0x3fff))).toBe(0x1ffff);
});

it("fpages are pages, the complete space, or nothing", () => {
  expect(makeFpage(0xbf000000 | 0, 17, 0) >>> 0).toBe(0xbf000110);
  expect([fpageBase(0xbf0001d7 | 0), fpageBits(0xbf0001d7 | 0)]).toEqual([0xa0000000, 29]);
  expect([fpageBits(COMPLETE_FPAGE | FPAGE_RWX), fpageSize(0x17), fpageBase(0x17)]).toEqual([32, 2 ** 32, 0]);
  expect([fpageSize(0), fpageSize((11 << 4) | 7), fpageBits(-1)]).toEqual([0, 0, 32]);
  expect(fpageRights(0x4300c5)).toBe(5);
});

it("tags, items and acceptors", () => {
  const tag = messageTag(0xffb0, 12, 4);
  expect([tag >>> 0, tagLabel(tag), tagUntyped(tag), tagTyped(tag)]).toEqual([0xffb0010c, 0xffb0, 12, 4]);
  expect([mapItem(0x20000000), grantItem(0x20000fff)]).toEqual([0x20000008, 0x20000c0a]);
  expect(itemSendBase(0xbf000008 | 0)).toBe(0xbf000000);
  expect(receiveWindow(0x20000123)).toBe(0x20000120);
  expect([ipcError(4, 1, 5), ipcError(2, 0)]).toEqual([0x59, 4]);
});

it("a UTCB is exactly one block: buffer registers, control registers, message registers", () => {
  expect(UTCB_MR0_OFFSET + 4 * MR_COUNT).toBe(UTCB_SIZE);
  expect(UTCB_MR0_OFFSET + 4 * (BR_BASE - (BR_COUNT - 1))).toBe(64);
});
