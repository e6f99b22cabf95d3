import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { symbols } from "../../src/elf/symbols.ts";
import { call, run, type Scenario, type Script, USER } from "./fixture.ts";

const ECHO = 0x710;
const REQUESTS = 6;
const module = new Uint8Array(
  readFileSync(new URL("../../../../apps/programs/prebuilt/echo-server.elf", import.meta.url)),
);
const addressOf = new Map(
  symbols(module)
    ._unsafeUnwrap()
    .map(({ name, address }) => [name, address]),
);

/** A client that asks, and says what it was answered. */
function scenario(redirects: readonly (readonly [number, string])[]): Scenario {
  return {
    module,
    guest: {
      *client(say): Script {
        for (let i = 1; i <= REQUESTS; i++) say("answer", i, ...(yield call(USER, ECHO, [i, 0xabc])).slice(2));
      },
      redirects: redirects.map(([count, name]) => [count, addressOf.get(name)!]),
    },
  };
}

/** Every instruction in the long tier. */
const STRIDE = process.env.KINTSUGI_LONG === undefined ? 29 : 1;

const answers = (log: readonly string[]): string[] => log.filter((line) => line.startsWith("answer"));
/** IPC error 0, status 0, how many it has served, the words. */
const served = (i: number, count: number): string => `answer ${i} 0 0 ${count} ${i} abc`;
const failed = (i: number): string => `answer ${i} 0 7`;

/** How often the server lost its memory, if every request was answered, in order, and served or given up. */
function memoryLosses(got: readonly string[]): number {
  let count = 0;
  let losses = 0;
  for (let i = 1; i <= REQUESTS; i++) {
    const line = got[i - 1];
    if (line === served(i, count + 1)) count++;
    else if (line === failed(i) || line === served(i, 1)) {
      losses++;
      count = line === failed(i) ? 0 : 1;
    } else throw new Error(`request ${i}: ${line}`);
  }
  return got.length === REQUESTS ? losses : -1;
}

const KINDS: Readonly<Record<string, string>> = {
  arc_fault_ud2: "exception 6",
  arc_fault_divide: "exception 0",
  arc_fault_wild_store: "page fault: write outside all areas: 0x00000010",
  arc_fault_text_store: "page fault: write against the rights of 0x2000",
  arc_fault_panic: "panic",
  arc_fault_hang: "hang after 10000 us",
};

/** Milliseconds for the long tier on a busy machine. */
const LONG_TIMEOUT = 900_000;

describe("a server in machine code", () => {
  it("is loaded, started and asked", () => {
    const { log, exit, plans } = run(scenario([]));
    expect([exit, plans]).toEqual(["idle", []]);
    expect(answers(log)).toEqual([1, 2, 3, 4, 5, 6].map((i) => served(i, i)));
  });

  const total = run(scenario([])).retired;

  it.each(Object.keys(KINDS))(
    "that fails by %s is detected as what it is, and clients get every answer",
    (kind) => {
      for (let at = 1; at < total; at += STRIDE) {
        const { log, exit, plans } = run(scenario([[at, kind]]));
        expect(exit).toBe("idle");
        // Before it knows its kernel it cannot even panic.
        const early = kind === "arc_fault_panic" && plans[0]!.includes("failed before it was ready");
        expect(plans[0]).toMatch(early ? /panic|page fault: read/ : new RegExp(KINDS[kind]!));
        // It has no Recover of its own: it is started cold, and clients that wait then are answered with an error.
        const cold = plans.some((plan) => plan.includes("\ncold: "));
        expect([at, memoryLosses(answers(log))]).toBeOneOf([
          [at, 0],
          [at, cold ? 1 : 0],
        ]);
      }
    },
    LONG_TIMEOUT,
  );
});
