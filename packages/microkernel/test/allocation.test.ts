import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { Kernel } from "../src/index.ts";
import { INSTRUCTIONS_PER_IPC, pingpongMachine } from "./pingpong.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

it.each([
  { words: 0, local: true },
  { words: 63, local: false },
])("an IPC allocates nothing on the host: %j", ({ words, local }) => {
  const { options } = pingpongMachine(words, local);
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
