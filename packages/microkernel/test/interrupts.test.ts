import { expect, it } from "vitest";
import {
  ANY_THREAD,
  globalId,
  interruptId,
  Kernel,
  type KernelOptions,
  type ThreadId,
  TIME_NEVER,
  timeouts,
} from "../src/index.ts";
import {
  type Body,
  launch,
  Machine,
  message,
  type Received,
  ROOT,
  reimported,
  SCRIPT_PROGRAM,
  SIGMA0_PROGRAM,
  threadControl,
} from "./fixture.ts";

const LINE = 5;

/** As much of an 8259A pair as the kernel's words to it need: masks, requests, end of interrupt. */
class Controllers {
  requested = 0;
  readonly masks: number[] = [0xff, 0xff];
  readonly commands: number[][] = [];
  get pending(): boolean {
    return (this.requested & ~(this.masks[0] | (this.masks[1] << 8))) !== 0;
  }
  acknowledge(): number {
    const line = 31 - Math.clz32(this.requested & ~(this.masks[0] | (this.masks[1] << 8)));
    this.requested &= ~(1 << line);
    return 0x20 + line;
  }
  read(port: number): number {
    return port === 0x21 ? this.masks[0] : this.masks[1];
  }
  write(port: number, _size: number, value: number): void {
    this.commands.push([port, value]);
    if ((port & 1) === 1 && this.commands.length > 8) this.masks[port === 0x21 ? 0 : 1] = value;
  }
}

it.each([
  ["one kernel", false],
  ["a kernel that is exported and imported at each step", true],
])("an interrupt is a message from its id, and its line stays masked until the answer: %s", (_what, moves) => {
  const got: Received[] = [];
  const masks: number[] = [];
  const pic = new Controllers();
  let next = 100_000;
  const base = new Machine(
    new Map([
      [
        ROOT,
        function* (c) {
          yield* threadControl(c, interruptId(LINE), interruptId(LINE), 0, ROOT, -1);
          masks.push(pic.masks[0]);
          got.push(yield* message(c, 0, ANY_THREAD));
          masks.push(pic.masks[0]);
          pic.requested |= 1 << LINE; // again, while masked
          got.push(yield* message(c, 0, interruptId(LINE), { time: 0x04000400 }));
          got.push(yield* message(c, interruptId(LINE), interruptId(LINE)));
          yield* message(c, interruptId(LINE), 0);
          masks.push(pic.masks[0]);
          yield* threadControl(c, interruptId(LINE), interruptId(LINE), 0, interruptId(LINE), -1);
          masks.push(pic.masks[0]);
          got.push(yield* message(c, interruptId(LINE), 0));
        },
      ],
    ]),
  );
  const options: KernelOptions = {
    ...base.options,
    ports: pic,
    interrupts: pic,
    events: {
      nextEvent: () => next,
      advance: () => {
        next = Number.POSITIVE_INFINITY;
        pic.requested |= 1 << LINE;
      },
    },
  };
  let kernel = Kernel.boot(options, {
    memorySize: options.memory.size,
    arenaSize: 4 << 20,
    modules: [],
    sigma0: { program: SIGMA0_PROGRAM, image: { low: 0x10000, high: 0x20000 } },
    root: { program: SCRIPT_PROGRAM, image: { low: 0x20000, high: 0x30000 } },
  })._unsafeUnwrap();
  let exit = moves ? kernel.step(1e9) : kernel.run(1e9);
  while (exit === null) {
    kernel = reimported(kernel, options, 4 << 20);
    exit = kernel.step(1e9);
  }
  expect(exit).toEqual({ kind: "idle", next: Number.POSITIVE_INFINITY });
  expect(got.map(({ from, tag, error }) => [from, tag, error])).toEqual([
    [interruptId(LINE), 0xfff00000, 0],
    [0, 0x8000, 3],
    [interruptId(LINE), 0xfff00000, 0],
    [0, 0x8000, 4],
  ]);
  expect(masks).toEqual([0xdb, 0xfb, 0xdb, 0xfb]);
  expect(pic.commands.slice(0, 4)).toEqual([
    [0x20, 0x11],
    [0x21, 0x20],
    [0x21, 4],
    [0x21, 1],
  ]);
  expect(pic.commands.filter(([port, value]) => port === 0x20 && value === 0x65)).toHaveLength(2);
});

it("idle time jumps to the next event, and no further than asked", () => {
  const base = new Machine(new Map());
  let next = 500_000;
  const kernel = Kernel.attach({
    ...base.options,
    events: {
      nextEvent: () => next,
      advance: () => {
        next = next === 500_000 ? 2_000_000 : Number.POSITIVE_INFINITY;
      },
    },
  })._unsafeUnwrap();
  expect(kernel.run(1_000_000)).toEqual({ kind: "idle", next: 2_000_000 });
  expect(base.options.processor.cycles).toBe(500_000);
  expect(kernel.run(3_000_000)).toEqual({ kind: "idle", next: Number.POSITIVE_INFINITY });
  expect(base.options.processor.cycles).toBe(2_000_000);
});

it("a watcher's timeout alone keeps nobody awake: it looks once more when all others are at rest", () => {
  const [watch, worker] = [globalId(60, 1), globalId(61, 1)];
  const second = timeouts(TIME_NEVER, (10 << 10) | 977);
  const looks: number[] = [];
  const bodies = new Map<ThreadId, Body>([
    [
      ROOT,
      function* (c) {
        yield* launch(c, watch, 1);
        yield* launch(c, worker, 2);
      },
    ],
    [
      watch,
      function* (c) {
        for (;;) {
          yield* message(c, 0, watch, { time: second });
          looks.push(c.now());
        }
      },
    ],
    [
      worker,
      function* (c) {
        for (let i = 0; i < 3; i++) yield* message(c, 0, worker, { time: second });
      },
    ],
  ]);
  const SECOND = 1e8;
  const plain = new Machine(bodies);
  expect(plain.kernel.run(20 * SECOND)).toEqual({ kind: "idle", next: expect.closeTo(20.5 * SECOND, -8) });
  expect(looks).toHaveLength(19);
  looks.length = 0;
  const { options } = new Machine(bodies);
  const kernel = Kernel.attach({ ...options, watcher: watch })._unsafeUnwrap();
  expect(kernel.run(20 * SECOND)).toEqual({ kind: "idle", next: Number.POSITIVE_INFINITY });
  expect(options.processor.cycles).toBeLessThan(3.2 * SECOND);
  expect(looks.map((at) => Math.round(at / SECOND))).toEqual([1, 2, 3, 3]);
  expect(kernel.run(40 * SECOND)).toEqual({ kind: "idle", next: Number.POSITIVE_INFINITY });
  expect(looks).toHaveLength(4);
});
