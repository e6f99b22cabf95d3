import type { ActionKind, RecoveryPolicy } from "@kintsugi/arc-framework";
import { guests } from "@kintsugi/programs";
import { describe, expect, it } from "vitest";
import type { BootModule } from "../src/boot.ts";
import { CrashSchedule } from "../src/crash-schedule.ts";
import { bootModules, guestModule } from "../src/host/modules.ts";
import { type CrashKind, machineCrashAddresses } from "../src/injector.ts";
import { Random } from "../src/random.ts";
import { userThread } from "./campaign.ts";
import { Rig } from "./rig.ts";
import { count, LONG, SEED } from "./tier.ts";

const VAULT_PID = 4;
const MODULES = [
  ...bootModules("exact"),
  guestModule("vault", guests.vault, "vault start server"),
  guestModule("vault-client", guests["vault-client"]),
];
const QUICK: readonly CrashKind[] = ["page-fault", "divide", "undefined", "panic", "text-write"];

const always =
  (kind: ActionKind): RecoveryPolicy =>
  (_failure, _history, { server }) => ({ kind: server ? kind : "remove", because: "" });

/** Messages of the server to its P3 and its page faults, since the last look. */
interface Traffic {
  messages: number;
  faults: number;
}

function machine(
  policy?: RecoveryPolicy,
  more: readonly BootModule[] = [],
): { rig: Rig; schedule: CrashSchedule; traffic: Traffic } {
  const schedule: CrashSchedule = new CrashSchedule(
    () => rig.machine,
    machineCrashAddresses(MODULES)!,
    () => {},
  );
  const traffic = { messages: 0, faults: 0 };
  const server = userThread(VAULT_PID);
  const observer = {
    transferred: (from: number, to: number) => {
      if (from === server && to === server - (1 << 14)) traffic.messages++;
    },
    pageFault: (thread: number) => {
      if (thread === server) traffic.faults++;
    },
  };
  const rig: Rig = new Rig({ modules: [...MODULES, ...more], probe: schedule, observer, ...(policy && { policy }) });
  rig.settle();
  return { rig, schedule, traffic };
}

function answer(output: string): Record<string, number> {
  return Object.fromEntries([...output.matchAll(/(\w+) (\d+)/g)].map(([, name, value]) => [name, Number(value)]));
}

describe("transactional memory", () => {
  const levels: readonly ActionKind[] = ["handler", "hot", "warm"];

  it.each(levels)(
    "takes back what a failed request wrote, at any instruction, with a %s restart",
    (kind) => {
      const { rig, schedule } = machine(always(kind));
      const random = new Random(SEED + 30);
      schedule.arm(userThread(VAULT_PID), []);
      rig.command("run vault-client move 2");
      const instructions = schedule.counted;
      expect(instructions).toBeGreaterThan(5_000);
      let moved = 2;
      let restarts = 0;
      for (let n = 0; n < (LONG ? instructions : 20); n++) {
        // Few instructions lie between the first write and the answer: some crashes are drawn from there.
        const after = LONG ? n : random.below(n % 2 === 0 ? instructions : 400);
        schedule.arm(userThread(VAULT_PID), [{ after, kind: QUICK[random.below(QUICK.length)] }]);
        rig.clear();
        const got = answer(rig.command("run vault-client move 2"));
        restarts += rig.events.filter(({ event }) => event === "planned").length;
        schedule.disarm();
        moved += 2;
        expect({ after, got }).toEqual({
          after,
          got: { sum: 0, moved, totals: moved, good: 1, page: moved, note: moved },
        });
      }
      expect(restarts).toBeGreaterThan(5);
    },
    3_600_000,
  );

  it("takes it back when Recover and the replay fail as well", () => {
    const { rig, schedule } = machine(always("hot"));
    const random = new Random(SEED + 31);
    let moved = 0;
    for (let n = 0; n < count(10, 3_000); n++) {
      const crashes = [10_000, 3_000, 3_000].map((limit) => ({ after: random.below(limit), kind: "divide" as const }));
      schedule.arm(userThread(VAULT_PID), crashes);
      const got = answer(rig.command("run vault-client move 2"));
      schedule.disarm();
      moved += 2;
      expect({ crashes, got }).toMatchObject({ crashes, got: { sum: 0, moved, totals: moved } });
    }
  }, 3_600_000);

  it("costs requests that write none of it nothing", () => {
    const { rig, traffic } = machine();
    rig.command("run vault-client move 1");
    // The first request afterwards ends the transaction of the one before.
    rig.command("run vault-client look 1");
    Object.assign(traffic, { messages: 0, faults: 0 });
    rig.command("run vault-client look 5");
    expect(traffic).toEqual({ messages: 0, faults: 0 });
    rig.command("run vault-client move 1");
    // Two pages are written, and the page of the window; the window is opened and closed. Faults are messages, too.
    expect(traffic.faults).toBe(3);
  });
});

describe("checked memory", () => {
  it("is found damaged at recovery, and then it is not recovered from", () => {
    const { rig } = machine();
    rig.command("run vault-client move 3");
    expect(answer(rig.command("run vault-client damage"))).toMatchObject({ moved: 3, totals: 2, good: 0 });
    rig.clear();
    rig.command(`kill ${VAULT_PID}`);
    const actions = rig.events.flatMap((e) => (e.event === "planned" ? [[e.action, e.because]] : []));
    expect(actions).toEqual([
      ["hot", "no rule against it"],
      ["cold", "its persistent memory is damaged"],
    ]);
    expect(answer(rig.command("run vault-client look"))).toMatchObject({ moved: 0, totals: 0, good: 1 });
  });

  it("is good after any number of restarts", () => {
    const { rig } = machine();
    rig.command("run vault-client move 3");
    for (let n = 0; n < 3; n++) rig.command(`kill ${VAULT_PID}`);
    expect(answer(rig.command("run vault-client look"))).toMatchObject({ sum: 0, moved: 3, totals: 3, good: 1 });
  });
});

describe("the allocator of persistent memory", () => {
  const ALLOCATE = 0x734;
  const FREE = 0x735;
  const ROOM = 32; // blocks of 1000 bytes and a header in 32 KiB
  const asking = (policy?: RecoveryPolicy) => {
    const { rig } = machine(policy, [guestModule("ask", guests.ask)]);
    const ask = (label: number, ...words: number[]) => rig.command(`run ask vault ${label} ${words.join(" ")}`).trim();
    return {
      rig,
      allocate: (key: number, bytes: number) => ask(ALLOCATE, key, bytes),
      free: (key: number) => ask(FREE, key),
    };
  };
  const NO_ROOM = expect.stringMatching(/^status 3:/);

  it("gives no block when there is no room, and room again for what is freed", () => {
    const { allocate, free } = asking();
    const blocks = Array.from({ length: ROOM }, (_, i) => allocate(i + 1, 1000));
    expect(new Set(blocks).size).toBe(ROOM);
    for (const block of blocks) expect(block).toMatch(/^status 0: \d+ 0$/);
    expect(allocate(ROOM + 1, 1000)).toEqual(NO_ROOM);
    expect(allocate(ROOM + 1, 0)).toEqual(NO_ROOM);
    free(5);
    free(6);
    expect(allocate(ROOM + 1, 2040)).toEqual(NO_ROOM);
    // Neighbours that are free are one block, which is zeroed.
    expect(allocate(ROOM + 1, 2032)).toBe(blocks[4]);
    expect(allocate(5, 0)).toEqual(NO_ROOM);
  });

  it("gives the same block after a restart, and none where another size than its own is asked of a key", () => {
    const { rig, allocate, free } = asking();
    const [first, second] = [allocate(1, 100), allocate(2, 100)];
    rig.command(`kill ${VAULT_PID}`);
    expect([allocate(1, 100), allocate(2, 50)]).toEqual([first!.replace(/0$/, "1"), second!.replace(/0$/, "2")]);
    expect(allocate(1, 1000)).toEqual(NO_ROOM);
    free(1);
    // A new block, which is zeroed, elsewhere: there is none as large where the old one was.
    const larger = allocate(1, 1000);
    expect(larger).toMatch(/^status 0: \d+ 0$/);
    expect(larger).not.toEqual(first);
  });

  it("gives none for what no block can be", () => {
    const { allocate } = asking();
    for (const [key, bytes] of [
      [0, 16],
      [1, 0x8000],
      [1, 0xffffffff],
      [1, 0xfffffff0],
    ] as const)
      expect({ key, bytes, answer: allocate(key, bytes) }).toEqual({ key, bytes, answer: NO_ROOM });
    expect(allocate(1, 0x8000 - 16)).toMatch(/^status 0: \d+ 0$/);
  });

  it("has forgotten all blocks behind a cold start", () => {
    const { rig, allocate } = asking(always("cold"));
    const all = allocate(1, 0x8000 - 16);
    expect(allocate(2, 16)).toEqual(NO_ROOM);
    rig.command(`kill ${VAULT_PID}`);
    expect(allocate(2, 16)).toBe(all);
  });
});

describe("protected memory", () => {
  it("is not written outside windows: that is a failure, and what was there stays", () => {
    const { rig } = machine();
    rig.command("run vault-client move 3");
    rig.clear();
    expect(answer(rig.command("run vault-client scribble"))).toMatchObject({ page: 3, moved: 3 });
    const found = rig.events.flatMap((e) => (e.event === "detected" ? [[e.kind, e.detector]] : []));
    expect(found).toEqual([["page fault", "access-rights"]]);
    expect(answer(rig.command("run vault-client move 1"))).toMatchObject({ page: 4, moved: 4 });
  });
});
