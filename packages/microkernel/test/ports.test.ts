import { EFLAGS, EIP } from "@kintsugi/ia32";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  ACCEPT_COMPLETE,
  ANY_THREAD,
  FPAGE_RWX,
  globalId,
  grantItem,
  LABEL_IO_FAULT,
  makeFpage,
  makeIoFpage,
  mapItem,
  PageFaultSignal,
  RESIDENT_PAGE_FAULT,
  type ResidentContext,
  type ThreadId,
  tagLabel,
  UNMAP_FLUSH,
} from "../src/index.ts";
import { mapItemInto } from "../src/ipc/map-transfer.ts";
import { hasPorts } from "../src/object/port-database.ts";
import { findGlobal, setUtcbWord } from "../src/object/thread.ts";
import { unmap } from "../src/syscall/unmap.ts";
import { H, T } from "../src/table/layout.ts";
import {
  type Body,
  KIP_FPAGE,
  launch,
  Machine,
  MEGABYTE,
  message,
  ROOT,
  rewinder,
  SIGMA0,
  spaceControl,
  threadControl,
  UTCB_FPAGE,
  utcbOf,
} from "./fixture.ts";
import { violations } from "./invariants.ts";

const LONG = process.env.KINTSUGI_LONG !== undefined;
const SEED = Number(process.env.KINTSUGI_SEED ?? 20261121);
const GUEST = globalId(70, 1);
const CODE = 0x20000000;
const COPY = 0x400000;
const DX = (port: number): number[] => [0xba, port & 0xff, port >>> 8, 0, 0];
const STOP = [0xcc, 0x3c, 0x20, 0xeb, 0xfe];

/** A guest whose pager logs its messages and answers I/O faults with what `answer` says. */
function guest(
  code: readonly number[],
  io: "iopl" | "fpages",
  answer: (fpage: number) => number,
): Machine & { log: number[][] } {
  const log: number[][] = [];
  const root: Body = function* (c) {
    yield* fill(c, code);
    yield* threadControl(c, GUEST, GUEST, ROOT, 0, -1);
    yield* spaceControl(c, GUEST, KIP_FPAGE, UTCB_FPAGE);
    yield* threadControl(c, GUEST, GUEST, ROOT, ROOT, utcbOf(0));
    yield* message(c, GUEST, 0, { words: [CODE, CODE + 0x800] });
    c.setBr(0, ACCEPT_COMPLETE);
    for (;;) {
      const { from, tag, words } = yield* message(c, 0, ANY_THREAD);
      const label = tagLabel(tag);
      if (label >>> 4 === 0xffe) {
        const at = words[0] & ~0xfff;
        yield* message(c, from, 0, { items: [mapItem(at), makeFpage(COPY + at - CODE, 12, FPAGE_RWX)] });
        continue;
      }
      log.push([label, words[0] >>> 0, words[1] - CODE]);
      const fpage = label === LABEL_IO_FAULT ? answer(words[0]) : 0;
      if (fpage === 0) continue;
      // Its own pager is sigma0, which gives every port to whoever asks.
      yield* message(c, SIGMA0, SIGMA0, { label: LABEL_IO_FAULT, words: [fpage, 0] });
      yield* message(c, from, 0, { items: [mapItem(0), fpage] });
    }
  };
  const machine = new Machine(new Map([[ROOT, root]]), 16 * MEGABYTE, 4 * MEGABYTE, { io });
  machine.kernel.run(3_000_000);
  expect(violations(machine.options)).toEqual([]);
  // What the kernel said to its interrupt controllers is not the guest's.
  const said = machine.written.filter(([port]) => (port & ~0x81) !== 0x20);
  machine.written.length = 0;
  for (const one of said) machine.written.push(one);
  return Object.assign(machine, { log });
}

function* fill(c: ResidentContext, code: readonly number[]): Generator<number, void> {
  for (;;) {
    try {
      c.writeBytes(COPY, Uint8Array.from(code));
      return;
    } catch (error) {
      if (!(error instanceof PageFaultSignal)) throw error;
    }
    yield RESIDENT_PAGE_FAULT;
  }
}

describe("a guest that touches ports", () => {
  const code = [
    ...[0xb0, 0x41, 0xe6, 0x80], // mov $41,%al; out %al,$80
    ...[...DX(0x3f8), 0x66, 0xef], // outw %dx
    ...[...DX(0x1f7), 0xec], // inb
    ...[0xfc, 0xb9, 4, 0, 0, 0, 0xbe, ...[0, 0, 0, 0x20], ...DX(0x171), 0xf3, 0x6f], // rep outsl, over an edge
    ...[0x9c, 0x58, ...STOP],
  ];

  it("just does so with IOPL 3", () => {
    const m = guest(code, "iopl", () => 0);
    expect(m.log).toEqual([]);
    expect(m.written.slice(0, 2)).toEqual([
      [0x80, 1, 0x41],
      [0x3f8, 2, 0x41],
    ]);
    expect(m.written).toHaveLength(6);
    expect(m.reports[0][1] & 0x3000).toBe(0x3000);
  });

  it("asks its pager for each that it has not, with I/O fpages, and then does the same", () => {
    const m = guest(code, "fpages", (fpage) => fpage);
    expect(m.log).toEqual(
      [
        [LABEL_IO_FAULT, makeIoFpage(0x80, 0, 6), 2],
        [LABEL_IO_FAULT, makeIoFpage(0x3f8, 1, 6), 9],
        [LABEL_IO_FAULT, makeIoFpage(0x1f7, 0, 6), 16],
        [LABEL_IO_FAULT, makeIoFpage(0x170, 3, 6), 33],
      ].map(([label, fpage, ip]) => [label, fpage >>> 0, ip]),
    );
    expect(m.written).toEqual(guest(code, "iopl", () => 0).written);
    expect(m.reports[0][1] & 0x3000).toBe(0);
  });

  it("asks once when it gets all of them", () => {
    const m = guest(code, "fpages", () => makeIoFpage(0, 16, FPAGE_RWX));
    expect(m.log).toHaveLength(1);
    expect(m.written).toHaveLength(6);
  });

  it("waits for its pager for ever, and any other #GP stays an exception", () => {
    const waiting = guest(code, "fpages", () => 0);
    expect(waiting.log).toHaveLength(1);
    expect(waiting.written).toEqual([]);
    const clear = guest([0xfa, ...STOP], "fpages", (fpage) => fpage); // cli
    expect(clear.log).toEqual([]);
    expect(clear.events.filter((event) => event.startsWith("exception"))).toHaveLength(1);
  });

  it("goes on in an imported kernel, with the same ports", () => {
    const m = guest([...[0xe6, 0x80], ...[0xe6, 0x81], 0xeb, 0xfc], "fpages", (fpage) =>
      makeIoFpage(fpage >>> 16, 0, 7),
    );
    const before = m.kernel.exportState();
    expect(before.regions.map(({ space, port, bits }) => [space, port, bits])).toEqual([
      [ROOT, 0x80, 0],
      [ROOT, 0x81, 0],
      [GUEST, 0x80, 0],
      [GUEST, 0x81, 0],
    ]);
    m.reimport();
    expect(m.kernel.exportState()).toEqual(before);
    const written = m.written.length;
    m.kernel.run(4_000_000);
    expect(m.written.length).toBeGreaterThan(written + 1000);
    expect(m.log).toHaveLength(2);
    expect((m.kernel.threadInfo(GUEST)?.registers[EFLAGS] ?? -1) & 0x3000).toBe(0);
    expect(m.kernel.threadInfo(GUEST)?.registers[EIP]).toBeGreaterThan(CODE);
  });
});

const OWNERS: readonly ThreadId[] = [SIGMA0, ROOT, globalId(60, 1), globalId(61, 1), globalId(62, 1)];
const PORTS = 32;

/** A port that somebody has, and from whom: the plainest way to keep them. */
class Port {
  parent: Port | null;
  constructor(parent: Port | null) {
    this.parent = parent;
  }
}

class Model {
  readonly ports: (Port | null)[][] = OWNERS.map((_, owner) =>
    Array.from({ length: PORTS }, () => (owner === 0 ? new Port(null) : null)),
  );

  map(from: number, to: number, port: number): void {
    if (to !== 0) this.ports[to][port] ??= this.ports[from][port] && new Port(this.ports[from][port]);
  }

  grant(from: number, to: number, port: number): void {
    const mine = this.ports[from][port];
    if (from === 0) this.map(from, to, port);
    if (mine === null || from === 0 || to === 0) return;
    this.ports[from][port] = null;
    if (this.ports[to][port] === null) this.ports[to][port] = mine;
    else for (const other of this.ports) if (other[port]?.parent === mine) (other[port] as Port).parent = mine.parent;
  }

  unmap(owner: number, port: number, flush: boolean): void {
    const own = this.ports[owner][port];
    if (own === null) return;
    for (const other of this.ports) {
      const one = other[port];
      if (one !== null && (one === own ? flush && owner !== 0 : isBelow(one, own))) other[port] = null;
    }
  }
}

function isBelow(port: Port, above: Port): boolean {
  for (let at = port.parent; at !== null; at = at.parent) if (at === above) return true;
  return false;
}

const step = fc.record({
  kind: fc.constantFrom("map", "map", "grant", "unmap"),
  from: fc.nat(OWNERS.length - 1),
  to: fc.nat(OWNERS.length - 1),
  port: fc.nat(PORTS - 1),
  bits: fc.nat(5),
  window: fc.option(fc.tuple(fc.nat(PORTS - 1), fc.nat(5))),
  flush: fc.boolean(),
});

/** Ports that somebody has, as a text. */
function show(has: (port: number) => boolean): string {
  return Array.from({ length: PORTS }, (_, port) => (has(port) ? "x" : "-")).join("");
}

it("maps, grants and unmaps of I/O fpages in any order leave what a plain model says, port for port", () => {
  const root: Body = function* (c) {
    for (const id of OWNERS.slice(2)) yield* launch(c, id, 0, id);
  };
  const machine = new Machine(new Map([[ROOT, root]]), 4 * MEGABYTE, MEGABYTE, { io: "fpages" });
  machine.kernel.run(1e7);
  const rewind = rewinder(machine);
  fc.assert(
    fc.property(fc.array(step, { minLength: 10, maxLength: 60 }), (steps) => {
      const a = rewind();
      const rows = OWNERS.map((id) => findGlobal(a, id));
      const spaces = rows.map((row) => a.threads.get(row, T.space));
      const model = new Model();
      for (const { kind, from, to, port, bits, window, flush } of steps) {
        const first = port & -(1 << bits);
        const fpage = makeIoFpage(first, bits, FPAGE_RWX);
        const inside = (at: number): boolean => window === null || at >>> window[1] === window[0] >>> window[1];
        if (kind === "unmap") {
          setUtcbWord(a, rows[from], 0, fpage);
          unmap(a, rows[from], flush ? UNMAP_FLUSH : 0);
          for (let i = 0; i < 1 << bits; i++) model.unmap(from, first + i, flush);
        } else if (from !== to) {
          const accepted = window === null ? ACCEPT_COMPLETE : makeIoFpage(window[0] & -(1 << window[1]), window[1], 0);
          mapItemInto(a, spaces[from], spaces[to], kind === "map" ? mapItem(0) : grantItem(0), fpage, accepted);
          const rest = kind === "grant" && window !== null && bits > window[1] && from !== 0;
          for (let at = first; at < first + (1 << bits); at++) {
            if (inside(at)) model[kind](from, to, at);
            if (rest) model.unmap(from, at, true);
          }
        }
        const real = spaces.map((space) => show((at) => hasPorts(a, space, at, 1)));
        expect(real).toEqual(model.ports.map((list) => show((at) => list[at] !== null)));
      }
      expect(violations(machine.options)).toEqual([]);
      machine.reimport();
      expect(violations(machine.options)).toEqual([]);
      expect(a.get(H.ioFpages)).toBe(1);
    }),
    { numRuns: LONG ? 20_000 : 100, seed: SEED },
  );
});
