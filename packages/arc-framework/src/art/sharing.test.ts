import { ANY_THREAD, FAILURE_PAGE_FAULT, globalId, NIL_THREAD } from "@kintsugi/microkernel";
import { describe, expect, it } from "vitest";
import { type Notes, notesOf, type Process, peek, poke, type Script } from "../../test/art-machine.ts";
import { CrashOnce } from "../../test/resident-machine.ts";
import * as label from "../protocol/art.ts";
import * as status from "../protocol/status.ts";
import type { Part } from "../server/request.ts";

const OK = status.STATUS_OK;
const PAGE = 4096;
/** In the session region of the owner, and of the one who maps. */
const HERE = 0x18000000;
const THERE = 0x18100000;
const PRIVATE = 0x20000000;
const RW = 6;
const R = 4;
const user = (pid: number): number => globalId(129 + 2 * pid, 1);
/** Peer and attribute in one word. */
const peer = (pid: number, attribute: number): number => ((129 + 2 * pid) << label.ATTRIBUTE_BITS) | attribute;

const map = ({ ask }: Process, from: number, at: number, count = 1, to: number = THERE): Part<readonly number[]> =>
  ask(label.ART_MAP, to, NIL_THREAD, at, from, count);

describe("sharing", () => {
  const scenario = (notes: Notes): Readonly<Record<string, Script>> => ({
    *init(p) {
      yield* p.asks(label.ART_EXECUTE, "driver");
      notes.allocate = (yield* p.ask(label.ART_ALLOCATE, HERE, 2, peer(2, RW)))[0];
      yield* poke(p, HERE + PAGE, 77);
      yield* p.s.sleep(0x7ff);
      notes.back = yield* peek(p, HERE + PAGE);
      // Two more processes: pages are shared by as many as are wanted.
      yield* p.asks(label.ART_EXECUTE, "child");
      notes.share = yield* p.ask(label.ART_SHARE, HERE, 2, peer(3, R));
      notes.exit = yield* p.ask(label.ART_WAIT, 3);
      notes.release = yield* p.ask(label.ART_RELEASE, HERE, 2);
      notes.free = (yield* p.ask(label.ART_ALLOCATE, HERE, 2))[0];
      notes.fresh = yield* peek(p, HERE + PAGE);
    },
    *driver(p) {
      yield* p.s.sleep(0x3ff);
      notes.mapped = (yield* map(p, user(1), HERE, 2))[0];
      notes.seen = yield* peek(p, THERE + PAGE);
      yield* poke(p, THERE + PAGE, 78);
      yield* p.s.sleep(0xbff);
      // The owner has given the pages back: they are still here.
      notes.kept = yield* peek(p, THERE + PAGE);
    },
    *child(p) {
      yield* p.s.sleep(0x3ff);
      notes.reader = (yield* map(p, user(1), HERE, 2))[0];
      notes.read = yield* peek(p, THERE + PAGE);
      yield* p.s.step((tx) => {
        tx.pages.fill(THERE, 4, 1);
        return [];
      });
    },
  });
  const expected = {
    allocate: OK,
    mapped: OK,
    seen: 77,
    back: 78,
    share: [OK],
    reader: OK,
    read: 78,
    // It may only read: its store is the end of it.
    exit: [OK, 0, FAILURE_PAGE_FAULT, 2, THERE],
    release: [OK],
    kept: 78,
    free: OK,
    fresh: 0,
  };

  it("lets those in whom the owner names, with the rights it gives, for as long as they like", () => {
    expect(notesOf(scenario)).toEqual(expected);
  });

  it("survives a crash of ART at any cut point", () => {
    const count = new CrashOnce("art");
    notesOf(scenario, count.probe);
    const stride = process.env.KINTSUGI_LONG === undefined ? Math.ceil(count.cuts / 60) : 1;
    expect(count.cuts).toBeGreaterThan(500);
    for (let at = 0; at < count.cuts; at += stride)
      expect([at, notesOf(scenario, new CrashOnce("art", at).probe)]).toEqual([at, expected]);
  }, 900_000);

  it("refuses whom the owner has not named, and what is not there", () => {
    const notes = notesOf((notes) => ({
      *init(p) {
        yield* p.asks(label.ART_EXECUTE, "driver");
        yield* p.ask(label.ART_ALLOCATE, HERE, 1);
        notes.nobody = yield* p.ask(label.ART_SHARE, HERE, 1, peer(9, RW));
        notes.nothing = yield* p.ask(label.ART_SHARE, HERE + PAGE, 1, peer(2, RW));
        notes.private = yield* p.ask(label.ART_SHARE, PRIVATE, 1, peer(2, RW));
        yield* p.s.sleep(0x7ff);
        yield* p.ask(label.ART_SHARE, HERE, 1, peer(2, RW));
        notes.withdrawn = yield* p.ask(label.ART_SHARE, HERE, 1, 0);
      },
      *driver(p) {
        yield* p.s.sleep(0x3ff);
        notes.unnamed = yield* map(p, user(1), HERE);
        notes.missing = yield* map(p, user(1), HERE + PAGE);
        notes.dead = yield* map(p, globalId(131, 2), HERE);
        notes.else = yield* p.ask(label.ART_MAP, THERE, user(1), HERE, user(1), 1);
        notes.place = yield* map(p, user(1), HERE, 1, PRIVATE);
        yield* p.s.sleep(0x7ff);
        notes.late = yield* map(p, user(1), HERE);
      },
    }));
    expect(notes).toEqual({
      nobody: [status.STATUS_NOT_FOUND],
      nothing: [status.STATUS_NOT_FOUND],
      private: [status.STATUS_INVALID],
      withdrawn: [OK],
      unnamed: [status.STATUS_REFUSED],
      missing: [status.STATUS_NOT_FOUND],
      dead: [status.STATUS_NOT_FOUND],
      else: [status.STATUS_REFUSED],
      place: [status.STATUS_INVALID],
      late: [status.STATUS_REFUSED],
    });
  });

  it("ends a process that asks for a private page of another, as appendix A.2.2 says", () => {
    const notes = notesOf((notes) => ({
      *init(p) {
        yield* p.ask(label.ART_ALLOCATE, PRIVATE, 1);
        yield* p.asks(label.ART_EXECUTE, "child");
        notes.exit = yield* p.ask(label.ART_WAIT, 2);
      },
      *child(p) {
        yield* map(p, user(1), PRIVATE);
        notes.survived = true;
      },
    }));
    expect(notes).toEqual({ exit: [OK, 0, FAILURE_PAGE_FAULT, 2, PRIVATE] });
  });
});

describe("mapping by request", () => {
  it("gives fresh pages, takes pages away that come back with a fault, and reserves some for later", () => {
    const notes = notesOf((notes) => ({
      *init(p) {
        notes.fresh = (yield* p.ask(label.ART_MAP, PRIVATE, NIL_THREAD, 0, ANY_THREAD, 2))[0];
        yield* poke(p, PRIVATE + PAGE, 5);
        notes.unmapped = yield* p.ask(label.ART_UNMAP, PRIVATE, 2);
        notes.again = yield* peek(p, PRIVATE + PAGE);
        notes.occupied = yield* p.ask(label.ART_MAP, PRIVATE, NIL_THREAD, 0, ANY_THREAD, 1);
        notes.none = yield* p.ask(label.ART_UNMAP, PRIVATE + 0x100000, 1);
        notes.reserved = yield* p.ask(label.ART_ALLOCATE, PRIVATE + 0x10000, 1, label.ATTRIBUTE_RESERVE);
        notes.demand = yield* peek(p, PRIVATE + 0x10000);
      },
    }));
    expect(notes).toEqual({
      fresh: OK,
      unmapped: [OK],
      again: 5,
      occupied: [status.STATUS_INVALID],
      none: [status.STATUS_NOT_FOUND],
      reserved: [OK],
      demand: 0,
    });
  });

  it("gives device memory and physical addresses to those with the word for it, and to nobody what is taken", () => {
    const LFB = 0xe0000000;
    const script = (notes: Notes, name: string): Script =>
      function* (p) {
        const direct = (physical: number, count: number): Part<readonly number[]> =>
          p.ask(label.ART_MAP, HERE, NIL_THREAD, physical, NIL_THREAD, count);
        const own = (yield* p.ask(label.ART_ALLOCATE, PRIVATE + 0x200000, 1)) && PRIVATE + 0x200000;
        const [, taken = 0x200000] = yield* p.ask(label.ART_PHYSICAL, own);
        notes[`${name} page of somebody`] = (yield* direct(taken, 1))[0];
        notes[`${name} arena`] = (yield* direct(0xf00000, 1))[0];
        const [given, ...items] = yield* direct(LFB | 0, 768);
        // 3 MiB: one fpage of 2 MiB and one of 1.
        notes[`${name} frame buffer`] = [given, items.length / 2];
        const dma = 0x19000000;
        notes[`${name} dma`] = (yield* p.ask(label.ART_ALLOCATE, dma, 16, label.ATTRIBUTE_CONTIGUOUS))[0];
        const found: number[] = [];
        for (let i = 0; i < 16; i++) {
          const [answer, physical] = yield* p.ask(label.ART_PHYSICAL, dma + i * PAGE + 4);
          found.push(answer === OK ? physical! - i * PAGE : -1);
        }
        const together = new Set(found).size === 1;
        const inLine = Math.floor(found[0]! / 0x10000) === Math.floor((found[0]! + 0xfff0) / 0x10000);
        notes[`${name} physical`] = [found[0]! > 0, together, found[0]! > 0 && inLine && found[0]! < 0x1000000];
      };
    const notes = notesOf((notes) => ({
      *init(p) {
        yield* script(notes, "other")(p);
        yield* p.asks(label.ART_EXECUTE, "driver");
      },
      driver: script(notes, "driver"),
    }));
    expect(notes).toEqual({
      "other page of somebody": status.STATUS_REFUSED,
      "other arena": status.STATUS_REFUSED,
      "other frame buffer": [status.STATUS_REFUSED, 0],
      "other dma": status.STATUS_REFUSED,
      "other physical": [false, true, false],
      "driver page of somebody": status.STATUS_REFUSED,
      "driver arena": status.STATUS_REFUSED,
      "driver frame buffer": [OK, 2],
      "driver dma": OK,
      "driver physical": [true, true, true],
    });
  });

  it("gives a driver the very page frames that it names, if they are free, and takes them back", () => {
    const FREE = 0x300000;
    const notes = notesOf((notes) => ({
      *init(p) {
        notes.other = yield* p.ask(label.ART_MAP, HERE, NIL_THREAD, FREE, NIL_THREAD, 2);
        yield* p.asks(label.ART_EXECUTE, "driver");
      },
      *driver(p) {
        const direct = (at: number, physical: number): Part<readonly number[]> =>
          p.ask(label.ART_MAP, at, NIL_THREAD, physical, NIL_THREAD, 2);
        notes.given = (yield* direct(HERE, FREE))[0];
        notes.zeroed = yield* peek(p, HERE + PAGE);
        notes.physical = yield* p.ask(label.ART_PHYSICAL, HERE + PAGE + 8);
        notes.again = yield* direct(HERE + 0x10000, FREE + PAGE);
        notes.unaligned = yield* direct(HERE + 0x10000, FREE + 8);
        notes.first = yield* direct(HERE + 0x10000, 0);
        notes.released = yield* p.ask(label.ART_RELEASE, HERE, 2);
        notes.later = (yield* direct(HERE, FREE))[0];
      },
    }));
    expect(notes).toEqual({
      other: [status.STATUS_REFUSED],
      given: OK,
      zeroed: 0,
      physical: [OK, FREE + PAGE + 8],
      again: [status.STATUS_REFUSED],
      unaligned: [status.STATUS_INVALID],
      first: [status.STATUS_REFUSED],
      released: [OK],
      later: OK,
    });
  });

  it("ends a process that asks for an address beyond the user area, as appendix A.2.2 says", () => {
    const BEYOND = 0xc0000000;
    const requests: readonly (readonly number[])[] = [
      [label.ART_ALLOCATE, BEYOND, 1],
      [label.ART_ALLOCATE, BEYOND - PAGE, 2],
      [label.ART_MAP, BEYOND, NIL_THREAD, 0, ANY_THREAD, 1],
    ];
    for (const [name = 0, ...words] of requests) {
      const notes = notesOf((notes) => ({
        *init(p) {
          yield* p.asks(label.ART_EXECUTE, "child");
          notes.exit = yield* p.ask(label.ART_WAIT, 2);
        },
        *child(p) {
          yield* p.ask(name, ...words);
          notes.survived = true;
        },
      }));
      expect(notes).toEqual({ exit: [OK, 0, FAILURE_PAGE_FAULT, 2, words[0]! | 0] });
    }
  });
});
