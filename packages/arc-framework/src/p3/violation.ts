/**
 * A broken protocol: what a server says of its client, or of itself, held against the evidence.
 *
 * Here: VIOLATION. The rules lie where the program cannot write; the open request's label, length and sender stand in the restart
 * page, which the kernel writes. Only the state of the conversation is the server's own word. Not here: the monitor that says so
 * (`guest/protocol_monitor.cpp`), what becomes of the sender (`../art/blame.ts`).
 * @module
 */
import { FPAGE_W, RESTART_REPLIED, RESTART_SENDER, RESTART_SEQUENCE, RESTART_TAG } from "@kintsugi/microkernel";
import { allows, type ProtocolRule } from "../detect/protocol-monitor.ts";
import { PAGE_SIZE, RESTART_PAGE } from "../elf/layout.ts";
import { ART_BLAME } from "../protocol/art.ts";
import {
  RULE_FROM,
  RULE_LABEL,
  RULE_LEAST,
  RULE_LIMIT,
  RULE_MOST,
  RULE_WORDS,
  VIOLATION_ANSWER,
} from "../protocol/p3.ts";
import { STATUS_FAILED, STATUS_INVALID } from "../protocol/status.ts";
import { type Handler, type Request, reply } from "../server/request.ts";
import type { Transaction } from "../server/transaction.ts";
import { pageOf } from "./areas.ts";
import { isLoaded } from "./pages.ts";
import { areaAt, findAreaRow, getWord } from "./state.ts";

/** VIOLATION rules, number, state, who. `own` is what is done where the program itself is to blame, for the label of its request. */
export function* violation(s: Request, own: (label: number) => Handler): Handler {
  const [base, count, state, who] = [s.word(1) >>> 0, s.word(2) >>> 0, s.word(3) >>> 0, s.word(4)];
  const [open, label, sender, art] = yield* s.step((tx) => {
    const word = (index: number): number => tx.read(RESTART_PAGE.low + 4 * index);
    const request = { label: word(RESTART_TAG) >>> 16, words: word(RESTART_TAG) & 0x3f, state };
    const rules = rulesAt(tx, base, count);
    const isOpen = word(RESTART_SEQUENCE) !== word(RESTART_REPLIED);
    const broken = who === VIOLATION_ANSWER || (rules !== undefined && !allows(rules, request));
    return [isOpen && broken ? 1 : 0, request.label, word(RESTART_SENDER), getWord(tx, "art")];
  });
  if (open === 0) return reply(STATUS_INVALID);
  if (who === VIOLATION_ANSWER) return yield* own(label!);
  const answer = yield* s.call(art!, { label: ART_BLAME, words: [sender!, label!] });
  return reply(answer.error === 0 ? (answer.words[0] ?? STATUS_FAILED) : STATUS_FAILED);
}

/** The rules at an address, if they lie in memory of the program's file that it cannot write. */
function rulesAt(tx: Transaction, base: number, count: number): readonly ProtocolRule[] | undefined {
  const row = findAreaRow(tx, base);
  if (row < 0 || count > RULE_LIMIT) return undefined;
  const area = areaAt(tx, row);
  const isConstant = area.kind === "image" && (area.rights & FPAGE_W) === 0;
  const end = base + 4 * RULE_WORDS * count;
  for (let page = pageOf(base); page < end && isConstant; page += PAGE_SIZE)
    if (page >= area.high || !isLoaded(tx, area, row, page)) return undefined;
  if (!isConstant || base % 4 !== 0 || end > area.high) return undefined;
  return Array.from({ length: count }, (_, n) => {
    const word = (index: number): number => tx.read(base + 4 * (RULE_WORDS * n + index)) >>> 0;
    return { label: word(RULE_LABEL), least: word(RULE_LEAST), most: word(RULE_MOST), from: word(RULE_FROM) };
  });
}
