/**
 * String items: simple, compound, scattered, cut off, and with faults on either side.
 *
 * Here: each rule by itself. Not here: transfers stopped and carried elsewhere (→ transfer-record.test.ts).
 * Over 300 lines: a case for each rule of the manual, on one small machine.
 */
import { describe, expect, it } from "vitest";
import {
  ACCEPT_COMPLETE,
  ACCEPT_STRINGS,
  ANY_THREAD,
  EXREGS_RECEIVE,
  EXREGS_SEND,
  FPAGE_RWX,
  globalId,
  ITEM_MORE,
  makeFpage,
  mapItem,
  type ResidentContext,
  STRING_COMPOUND,
  stringItem,
  TCR_XFER_TIMEOUTS,
  type ThreadId,
  TIME_NEVER,
  TIME_ZERO,
  timeouts,
  USER_AREA_END,
} from "../src/index.ts";
import {
  type Body,
  exchangeRegisters,
  launch,
  Machine,
  message,
  type Received,
  ROOT,
  read8,
  threadControl,
  write8,
} from "./fixture.ts";
import { violations } from "./invariants.ts";

const A = globalId(60, 1);
const B = globalId(61, 1);
const PAGE = 0x1000;
/** In the root's space, which sigma0 backs; the root is the sender, B in its own space the receiver unless said otherwise. */
const TEXT = 0x300000;
/** In B's space. */
const INTO = 0x20000000;
const MILLISECOND = 1000;

function* put(c: ResidentContext, at: number, text: string): Generator<number, void> {
  for (let i = 0; i < text.length; i++) yield* write8(c, at + i, text.charCodeAt(i));
}

function* get(c: ResidentContext, at: number, length: number): Generator<number, string> {
  let text = "";
  for (let i = 0; i < length; i++) text += String.fromCharCode(yield* read8(c, at + i));
  return text;
}

/** Gives `pages` pages of the root's from FRAMES on to whoever asks with a fault, until somebody sends something else. */
const FRAMES = 0x500000;
function* serve(c: ResidentContext, log: string[] = []): Generator<number, Received> {
  for (;;) {
    const got = yield* message(c, 0, ANY_THREAD);
    if (got.tag >>> 20 !== 0xffe) return got;
    const [at, ip] = got.words;
    log.push(`${(got.tag >>> 16).toString(16)} ${(at >>> 0).toString(16)} ${(ip >>> 0).toString(16)}`);
    yield* answer(c, got);
  }
}

/** The root's own page must be there before it can be given away. */
function* answer(c: ResidentContext, got: Received): Generator<number, void> {
  const page = got.words[0] & -PAGE;
  const frame = FRAMES + ((page >>> 12) & 0xff) * PAGE + (page >= INTO ? 0x100 * PAGE : 0);
  yield* write8(c, frame, yield* read8(c, frame));
  yield* message(c, got.from, 0, { items: [mapItem(page), makeFpage(frame, 12, FPAGE_RWX)] });
}

/** Runs until nobody can, with a kernel made anew after each step, over an arena that is sound. */
function settle(machine: Machine): void {
  for (let steps = 0; machine.kernel.step(1e9) === null; steps++) {
    expect(steps).toBeLessThan(20_000);
    machine.rebuild();
    if (steps % 4 === 0) expect(violations(machine.options)).toEqual([]);
  }
  expect(violations(machine.options)).toEqual([]);
}

interface Exchange {
  readonly items: readonly number[];
  readonly buffers: readonly number[];
  readonly accept?: number;
  readonly words?: readonly number[];
}

interface Seen {
  sent?: Received;
  received?: Received;
  text?: string;
  faults: string[];
}

/** A sends to B; both live in spaces of their own and are paged by the root. */
function exchange(e: Exchange, options: { text?: string; look?: readonly [number, number] } = {}): Seen {
  const seen: Seen = { faults: [] };
  const sender: Body = function* (c) {
    if (options.text !== undefined) yield* put(c, TEXT, options.text);
    seen.sent = yield* message(c, B, 0, { items: e.items, words: e.words ?? [] });
    yield* message(c, ROOT, 0, { label: 1 });
  };
  const receiver: Body = function* (c) {
    c.setBr(0, e.accept ?? ACCEPT_STRINGS);
    for (const [i, word] of e.buffers.entries()) c.setBr(i + 1, word);
    const got = yield* message(c, 0, A);
    const [at, length] = options.look ?? [INTO, 0];
    seen.received = got;
    seen.text = yield* get(c, at, length);
    yield* message(c, ROOT, 0, { label: 2 });
  };
  const root: Body = function* (c) {
    yield* launch(c, B, 0, B);
    yield* launch(c, A, 0, A);
    yield* serve(c, seen.faults);
    yield* serve(c, seen.faults);
  };
  const machine = new Machine(
    new Map<ThreadId, Body>([
      [ROOT, root],
      [A, sender],
      [B, receiver],
    ]),
  );
  settle(machine);
  return seen;
}

const HELLO = "hello, world: forty-two bytes, all of them.";

describe("a string item", () => {
  it("brings a simple string over; the receiver sees the sender's item words", () => {
    const seen = exchange(
      { items: [stringItem(11), TEXT], buffers: [stringItem(64), INTO], words: [7] },
      { text: HELLO, look: [INTO, 11] },
    );
    expect([seen.sent?.error, seen.received?.error, seen.text]).toEqual([0, 0, HELLO.slice(0, 11)]);
    expect(seen.received?.words).toEqual([7, 11 << 10, TEXT]);
  });

  it("gathers substrings and scatters them over buffers of other sizes", () => {
    const seen = exchange(
      {
        items: [...[stringItem(5, 3) | STRING_COMPOUND, TEXT, TEXT + 5, TEXT + 10], ...[stringItem(20, 1), TEXT + 15]],
        buffers: [
          ...[stringItem(3, 2) | STRING_COMPOUND, INTO, INTO + 3],
          ...[stringItem(29, 1) | STRING_COMPOUND, INTO + 6],
          ...[stringItem(100, 1), INTO + 35],
        ],
      },
      { text: HELLO, look: [INTO, 35] },
    );
    expect([seen.sent?.error, seen.received?.error, seen.text]).toEqual([0, 0, HELLO.slice(0, 35)]);
    expect(seen.received?.words[4]).toBe(stringItem(20, 1));
  });

  it("each string starts in the next buffer, whatever is left of the last one", () => {
    const seen = exchange(
      {
        items: [stringItem(4) | ITEM_MORE, TEXT, stringItem(0) | ITEM_MORE, TEXT, stringItem(6), TEXT + 4],
        buffers: [
          ...[stringItem(9) | STRING_COMPOUND | ITEM_MORE, INTO, stringItem(9) | ITEM_MORE, INTO + 9],
          ...[stringItem(1) | ITEM_MORE, INTO + 18],
          ...[stringItem(6), INTO + 19],
        ],
      },
      { text: HELLO, look: [INTO, 25] },
    );
    expect([seen.sent?.error, seen.received?.error]).toEqual([0, 0]);
    expect(seen.text).toBe(`${HELLO.slice(0, 4)}${"\0".repeat(15)}${HELLO.slice(4, 10)}`);
  });

  it("goes with map items in the order of the message", () => {
    const seen = exchange(
      {
        items: [mapItem(0), makeFpage(TEXT, 12, FPAGE_RWX), stringItem(5), TEXT],
        buffers: [stringItem(5), 0x40],
        accept: ACCEPT_COMPLETE | ACCEPT_STRINGS,
      },
      { text: HELLO, look: [0x40, 5] },
    );
    expect([seen.sent?.error, seen.received?.error]).toEqual([0, 0]);
    // The buffer lies in the page that the item before it brought: no fault, and both see the copy.
    expect(seen.text).toBe(HELLO.slice(0, 5));
    expect(seen.faults.filter((line) => line.endsWith("ffffffff"))).toEqual([]);
  });

  const overflow: readonly (readonly [string, Exchange, number])[] = [
    ["a buffer that is too short", { items: [stringItem(11), TEXT], buffers: [stringItem(5), INTO] }, 5],
    [
      "no buffer for the second string",
      {
        items: [stringItem(4), TEXT, stringItem(4), TEXT],
        buffers: [stringItem(9), INTO],
      },
      4,
    ],
    ["strings not accepted", { items: [stringItem(4), TEXT], buffers: [stringItem(9), INTO], accept: 0 }, 0],
    ["a buffer that is no string item", { items: [stringItem(4), TEXT], buffers: [mapItem(0), INTO] }, 0],
    ["substrings that leave the message", { items: [stringItem(4, 3), TEXT], buffers: [stringItem(9), INTO] }, 0],
    [
      "a compound string without its end",
      {
        items: [stringItem(4) | STRING_COMPOUND, TEXT],
        buffers: [stringItem(9), INTO],
      },
      4,
    ],
    [
      "a string beyond the user's addresses",
      {
        items: [stringItem(PAGE), USER_AREA_END - 4],
        buffers: [stringItem(PAGE), INTO],
      },
      4,
    ],
    ["control-transfer items", { items: [0xc, 0], buffers: [stringItem(9), INTO] }, 0],
  ];
  it.each(overflow)("overflows at %s, and says after how many bytes", (_name, e, bytes) => {
    const seen = exchange(e, { text: HELLO });
    expect([seen.sent?.error, seen.received?.error]).toEqual([(bytes << 4) | 8, (bytes << 4) | 9]);
    expect(seen.sent?.tag).toBe(seen.received?.tag);
  });

  it("as long as strings can be arrives in several steps, while others run", () => {
    const length = 40 * PAGE + 123;
    const seen = exchange(
      { items: [stringItem(length), TEXT + 5], buffers: [stringItem(length), INTO + 77] },
      { look: [INTO + 77 + length - 1, 1] },
    );
    expect([seen.sent?.error, seen.received?.error]).toEqual([0, 0]);
    expect(seen.faults.filter((line) => line.startsWith("ffe5 3") && !line.endsWith("ffffffff"))).toHaveLength(41);
  });
});

describe("a fault in a transfer", () => {
  it("goes to the pager of the side whose page is missing, and then the copy goes on", () => {
    const seen = exchange(
      { items: [stringItem(PAGE), TEXT + PAGE - 8], buffers: [stringItem(PAGE), INTO + PAGE - 4] },
      { text: HELLO, look: [INTO + PAGE - 4, 4] },
    );
    expect([seen.sent?.error, seen.received?.error]).toEqual([0, 0]);
    // The first is the sender's own, when it wrote its text.
    expect(seen.faults.slice(1).sort()).toEqual(
      [
        `ffe2 ${(INTO + PAGE - 4).toString(16)} ffffffff`,
        `ffe2 ${(INTO + PAGE).toString(16)} ffffffff`,
        `ffe5 ${(TEXT + PAGE).toString(16)} 0`,
      ].sort(),
    );
  });
});

/** A sends two pages to B; the root pages both but leaves the fault at `blocked` unanswered, or does `then` instead. */
function blocked(
  at: number,
  xfer: { snd?: number; rcv?: number },
  then?: (c: ResidentContext, faulter: ThreadId) => Generator<number, unknown>,
): { sent?: Received; received?: Received; microseconds: number } {
  const seen: ReturnType<typeof blocked> = { microseconds: 0 };
  const items = [stringItem(2 * PAGE), TEXT];
  const sender: Body = function* (c) {
    c.setTcr(TCR_XFER_TIMEOUTS, timeouts(xfer.snd ?? TIME_NEVER, TIME_ZERO));
    yield* write8(c, TEXT, 1);
    if (at !== TEXT + PAGE) yield* write8(c, TEXT + PAGE, 1);
    const start = c.now();
    seen.sent = yield* message(c, B, 0, { items });
    seen.microseconds = (c.now() - start) / 100;
    if (seen.sent.error !== 0) expect(seen.sent.words).toEqual(items);
  };
  const receiver: Body = function* (c) {
    c.setTcr(TCR_XFER_TIMEOUTS, timeouts(TIME_ZERO, xfer.rcv ?? TIME_NEVER));
    yield* write8(c, INTO, 1);
    if (at !== INTO + PAGE) yield* write8(c, INTO + PAGE, 1);
    c.setBr(0, ACCEPT_STRINGS);
    c.setBr(1, stringItem(2 * PAGE));
    c.setBr(2, INTO);
    c.setMr(3, 0x1234);
    seen.received = yield* message(c, 0, A);
    expect(c.mr(3)).toBe(0x1234);
  };
  const root: Body = function* (c) {
    yield* launch(c, B, 0, B);
    yield* launch(c, A, 0, A);
    for (;;) {
      const got = yield* message(c, 0, ANY_THREAD);
      if (got.words[0] === at) {
        if (then !== undefined) yield* then(c, got.from);
        continue;
      }
      yield* answer(c, got);
    }
  };
  const machine = new Machine(
    new Map<ThreadId, Body>([
      [ROOT, root],
      [A, sender],
      [B, receiver],
    ]),
  );
  settle(machine);
  return seen;
}

const AT_SENDER = TEXT + PAGE;
const AT_RECEIVER = INTO + PAGE;
const CUT = PAGE << 4;
const XFER_CURRENT = 5 << 1;
const XFER_PARTNER = 6 << 1;
const ABORTED = 7 << 1;
const millisecond = (n: number): number => (n << 10) | MILLISECOND;

describe("a transfer is cut", () => {
  const cuts: readonly (readonly [string, number, { snd?: number; rcv?: number }, number, number])[] = [
    ["at once: the sender's timeout is zero", AT_SENDER, { snd: TIME_ZERO }, XFER_CURRENT, XFER_PARTNER],
    ["at once: the receiver's timeout is zero", AT_SENDER, { rcv: TIME_ZERO }, XFER_PARTNER, XFER_CURRENT],
    ["at once: both are", AT_RECEIVER, { snd: TIME_ZERO, rcv: TIME_ZERO }, XFER_CURRENT, XFER_PARTNER],
    [
      "by the sender's timeout, the shorter one",
      AT_SENDER,
      { snd: millisecond(1), rcv: millisecond(2) },
      XFER_CURRENT,
      XFER_PARTNER,
    ],
    ["by the receiver's timeout", AT_SENDER, { snd: millisecond(3), rcv: millisecond(2) }, XFER_PARTNER, XFER_CURRENT],
    ["by the receiver's, at its own fault", AT_RECEIVER, { rcv: millisecond(1) }, XFER_PARTNER, XFER_CURRENT],
  ];
  it.each(cuts)("%s", (name, at, xfer, sent, received) => {
    const seen = blocked(at, xfer);
    expect([seen.sent?.error, seen.received?.error]).toEqual([CUT | sent, CUT | received | 1]);
    if (!name.startsWith("at once")) expect(seen.microseconds).toBeGreaterThan(2 * MILLISECOND - 1);
  });

  it("not at all by a zero timeout when nothing faults", () => {
    const seen = blocked(0, { snd: TIME_ZERO, rcv: TIME_ZERO });
    expect([seen.sent?.error, seen.received?.error]).toEqual([0, 0]);
  });

  const enders: readonly (readonly [string, number])[] = [
    ["its sender's fault", AT_SENDER],
    ["its receiver's fault", AT_RECEIVER],
  ];
  it.each(enders)("by ExchangeRegisters in %s", (_name, at) => {
    const seen = blocked(at, {}, (c, faulter) => exchangeRegisters(c, faulter, EXREGS_SEND | EXREGS_RECEIVE));
    expect([seen.sent?.error, seen.received?.error]).toEqual([CUT | ABORTED, CUT | ABORTED | 1]);
  });

  it.each(enders)("by ExchangeRegisters of the other side in %s", (_name, at) => {
    const other = at === AT_SENDER ? B : A;
    const seen = blocked(at, {}, (c) => exchangeRegisters(c, other, EXREGS_SEND | EXREGS_RECEIVE));
    expect([seen.sent?.error, seen.received?.error]).toEqual([CUT | ABORTED, CUT | ABORTED | 1]);
  });

  it.each(enders)("when a side is deleted in %s: the other one is told", (_name, at) => {
    const faulter = at === AT_SENDER ? A : B;
    const seen = blocked(at, {}, (c) => threadControl(c, faulter, 0, 0, 0, -1));
    expect([seen.sent?.error, seen.received?.error]).toEqual(
      at === AT_SENDER ? [undefined, CUT | ABORTED | 1] : [CUT | ABORTED, undefined],
    );
  });
});
