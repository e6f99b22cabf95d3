import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import {
  ANY_THREAD,
  FPAGE_RWX,
  globalId,
  Kernel,
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
function machine(words: number, local: boolean): Machine {
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

const INSTRUCTIONS_PER_IPC = 11;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

it.each([
  { words: 0, local: true },
  { words: 63, local: false },
])("an IPC allocates nothing on the host: %j", ({ words, local }) => {
  const { options } = machine(words, local);
  const kernel = Kernel.attach({ ...options, observer: {} })._unsafeUnwrap(); // the fixture's keeps what it hears
  // The clock is where its words no longer fit 32 bits; the host's compiler gets some windows to settle.
  kernel.run(8_000_000);
  options.processor.advance(2 ** 33);
  let perIpc = Number.POSITIVE_INFINITY;
  for (let window = 1; window <= 20 && perIpc >= 1; window++) {
    const before = options.processor.retired;
    collect();
    const used = process.memoryUsage().heapUsed;
    kernel.run(2 ** 33 + 10_000_000 + window * 5_000_000);
    const ipcs = (options.processor.retired - before) / INSTRUCTIONS_PER_IPC;
    expect(ipcs).toBeGreaterThan(10_000);
    perIpc = (process.memoryUsage().heapUsed - used) / ipcs;
  }
  expect(perIpc).toBeLessThan(1); // bytes
});
