/**
 * Ping-pong: two guests that send each other messages for ever, in one space or in two.
 *
 * Here: their machine code, and the root task that starts them and serves their faults. Not here: what is measured.
 * @module
 */
import {
  ANY_THREAD,
  FPAGE_RWX,
  globalId,
  KIP_IPC,
  makeFpage,
  mapItem,
  STANDARD_KIP_AREA,
  type ThreadId,
} from "../src/index.ts";
import {
  type Body,
  KIP_FPAGE,
  Machine,
  message,
  ROOT,
  spaceControl,
  threadControl,
  UTCB_FPAGE,
  utcbOf,
  write8,
} from "./fixture.ts";

const CODE = 0x20000000;
const COPY = 0x400000;
const word = (n: number): number[] => [n & 0xff, (n >>> 8) & 0xff, (n >>> 16) & 0xff, (n >>> 24) & 0xff];

/** Guest instructions of one message, its call through the KIP included. */
export const INSTRUCTIONS_PER_IPC = 11;

/** Sends `words` words to `partner` and waits for it, for ever; `second` waits first. */
function pingpong(partner: ThreadId, words: number, second: boolean): number[] {
  const call = [
    ...[0x31, 0xc9, 0xbe, ...word(words)], // timeouts never, tag
    ...[0x8b, 0x2d, ...word(STANDARD_KIP_AREA + KIP_IPC), 0x81, 0xc5, ...word(STANDARD_KIP_AREA), 0xff, 0xd5],
  ];
  const wait = [0x31, 0xc0, 0xba, ...word(partner), ...call];
  const loop = [0xb8, ...word(partner), 0x89, 0xc2, ...call];
  return [0x65, 0x8b, 0x3d, ...word(0), ...(second ? wait : []), ...loop, 0xeb, -(loop.length + 2) & 0xff];
}

/** Two guests that play ping-pong, in one space or in two. */
export function pingpongMachine(words: number, local: boolean): Machine {
  const ids = [globalId(70, 1), globalId(71, 1)];
  const root: Body = function* (c) {
    for (let page = 0; page < 4; page++) yield* write8(c, COPY + page * 0x1000, 0);
    for (const [n, id] of ids.entries()) {
      const code = Uint8Array.from(pingpong(ids[1 - n], words, n === 1));
      c.writeBytes(COPY + n * 0x1000, code);
      const space = local ? ids[0] : id;
      if (id === space) {
        yield* threadControl(c, id, id, ROOT, 0, -1);
        yield* spaceControl(c, id, KIP_FPAGE, UTCB_FPAGE);
      }
      yield* threadControl(c, id, space, ROOT, ROOT, utcbOf(local ? n : 0));
    }
    for (const [n, id] of ids.entries())
      yield* message(c, id, 0, { words: [CODE + n * 0x1000, CODE + 0x3000 + n * 0x800] });
    for (;;) {
      const got = yield* message(c, 0, ANY_THREAD);
      const at = got.words[0] & -0x1000;
      const items = [mapItem(at), makeFpage(COPY + at - CODE, 12, FPAGE_RWX)];
      yield* message(c, got.from, 0, { items });
    }
  };
  return new Machine(new Map([[ROOT, root]]));
}
