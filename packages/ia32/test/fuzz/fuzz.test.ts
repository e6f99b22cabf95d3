// Random instruction streams in random modes: real, virtual-8086, 16- and 32-bit protected at any level, with and without
// paging and PAE, over random control registers, descriptors, gates and page tables.
import { describe, expect, test } from "vitest";
import type { Model } from "../../src/index.ts";
import { FuzzMachine } from "./fuzz-machine.ts";

const MODELS: readonly Model[] = ["i486", "pentium", "pentium3", "pentium4"];
/** Ten million in the long tier. KINTSUGI_FUZZ: another number. */
const STREAMS = Number(process.env.KINTSUGI_FUZZ ?? (process.env.KINTSUGI_LONG === undefined ? 8_000 : 10_000_000));
const SEED = Number(process.env.KINTSUGI_SEED ?? 1) * 0x100000000;
/** Memory outside the guest is looked at once in so many streams. */
const LOOK = 10_000;

describe("random instructions in random modes", () => {
  const machines = MODELS.map((model) => new FuzzMachine(model));
  let retired = 0;

  test(`${STREAMS} streams: the host never throws, time always passes, nothing outside the guest changes`, () => {
    for (let n = 0; n < STREAMS; n++) {
      const machine = machines[n % machines.length];
      try {
        retired += machine.run(SEED + n);
      } catch (cause) {
        throw new Error(`stream ${SEED + n} on ${MODELS[n % MODELS.length]}`, { cause });
      }
      if (n % LOOK === LOOK - 1 || n === STREAMS - 1)
        for (const { changedOutside } of [machine, ...machines].map((each) => ({
          changedOutside: each.changedOutside(),
        })))
          expect(changedOutside, `streams up to ${SEED + n}`).toEqual([]);
    }
  }, 7_200_000);

  test("the state behind a stream is plain data, and the same stream leaves the same state", () => {
    for (let n = 0; n < 200; n++) {
      const [first, second] = [machines[0], machines[0]].map((machine) => {
        machine.run(SEED + n);
        return machine.processor.state;
      });
      expect(structuredClone(first)).toEqual(first);
      expect(second).toEqual(first);
    }
  });

  test("streams get somewhere: most instructions of chance retire", () => {
    expect(retired).toBeGreaterThan(20 * STREAMS);
  });
});
