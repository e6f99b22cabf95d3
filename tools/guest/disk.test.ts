/**
 * The disks against a drive with a volatile write cache: crashed at every instruction, every sector is what it should be.
 *
 * Here: the claims of packages/drivers/README.md. Not here: the whole machine (→ apps/machine/test).
 * Over 300 lines: one client, whose steps all of it shares.
 * @module
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { DISK_FLUSH, DISK_INFO } from "../../packages/arc-framework/src/protocol/driver.ts";
import { SESSION_CONNECT, SESSION_GET, SESSION_PUT } from "../../packages/arc-framework/src/protocol/session.ts";
import {
  STATUS_FAILED,
  STATUS_INVALID,
  STATUS_NOT_FOUND,
  STATUS_OK,
} from "../../packages/arc-framework/src/protocol/status.ts";
import { guests } from "../../packages/drivers/src/index.ts";
import * as pc from "../../packages/pc/src/index.ts";
import { GuestRig } from "./guest-rig.ts";
import { InterruptWire } from "./rig-interrupt.ts";
import type { RigDevices, RigRequest } from "./rig-surroundings.ts";
import { pairs, sample } from "./sample.ts";

const elf = (name: string): Uint8Array => new Uint8Array(readFileSync(guests[name]!));
const LONG = 3_600_000;
const THOROUGH = process.env.KINTSUGI_LONG !== undefined;
const STRIDE = THOROUGH ? 1 : 17;
const PAIRS = THOROUGH ? 5_000 : 60;
/** Instructions of a recovery and of the beginning of a replay. */
const RECOVERY = 700;
const SECTOR = 512;
const SECTORS = 64;
const KEY = 0x1234;

interface Transfer {
  readonly do: "put" | "get";
  readonly sector: number;
  readonly count: number;
  readonly fill?: number;
}
type Step = Transfer | { readonly do: "flush" | "info" };

interface Options {
  readonly crashes?: readonly number[];
  readonly rules?: readonly pc.FaultRule[];
  /** Every so many-th interrupt never arrives. */
  readonly lose?: number;
  /** At the end the server starts cold, and the client goes on with sector 5: in the session that it had, then in a new one. */
  readonly cold?: boolean;
}

interface Used {
  readonly replies: readonly number[][];
  /** First byte of each sector that a GET brought, in order; -1 where a sector was not of one kind. */
  readonly got: readonly number[];
  readonly instructions: number;
  /** Virtual ns that all took; interrupts that the drive has raised. */
  readonly time: number;
  readonly interrupts: number;
  readonly recovered: number;
  readonly cold: number;
  readonly disk: pc.CachedDisk;
  readonly medium: Uint8Array;
}

/** First byte of each sector, or -1. */
const kinds = (bytes: Uint8Array): number[] =>
  Array.from({ length: bytes.length / SECTOR }, (_, i) => {
    const sector = bytes.subarray(i * SECTOR, (i + 1) * SECTOR);
    return sector.every((byte) => byte === sector[0]) ? sector[0]! : -1;
  });

/** A client of a disk server that takes the steps one after the other. */
function use(
  server: Uint8Array,
  steps: readonly Step[],
  { crashes = [], rules = [], lose = Number.POSITIVE_INFINITY, cold: starts = false }: Options = {},
): Used {
  const medium = new Uint8Array(SECTORS * SECTOR);
  const disk = new pc.CachedDisk({
    sectors: SECTORS,
    read: (lba, count) => medium.subarray(lba * SECTOR, (lba + count) * SECTOR),
    write: (lba, bytes) => medium.set(bytes, lba * SECTOR),
  });
  const faulty = new pc.FaultyDisk(disk);
  faulty.rules = rules;
  let interrupts = 0;
  const wire = new InterruptWire(pc.ATA_PRIMARY_IRQ, () => ++interrupts % lose !== 0);
  let clock = (): number => 0;
  const rig: GuestRig = new GuestRig(server, (now): RigDevices => {
    clock = now;
    const nowhere = { read: (_: number, count: number) => new Uint8Array(count), write: () => undefined };
    const ide = new pc.PiixIde(
      { now },
      nowhere,
      [wire.line, { set: () => undefined }],
      [
        [{ kind: "disk", disk: faulty }, null],
        [null, null],
      ],
    );
    const bus = new pc.PortBus();
    const [channel] = ide.channels;
    bus.claim({ first: pc.ATA_PRIMARY_PORT, count: pc.ATA_PORT_COUNT }, channel)._unsafeUnwrap();
    bus.claim({ first: pc.ATA_PRIMARY_CONTROL_PORT, count: 1, offset: pc.ATA_CONTROL }, channel)._unsafeUnwrap();
    return {
      ports: bus,
      takeInterrupt: wire.takeInterrupt,
      acknowledge: wire.acknowledge,
      idle: (at) => {
        const next = ide.nextEvent();
        if (next === Number.POSITIVE_INFINITY) return false;
        rig.sleepUntil(Math.max(next, at));
        return true;
      },
      advance: (at) => ide.advance(at),
    };
  });
  const got: number[] = [];
  const base = (): number => client.replies[0]![1]!;
  const page = (count: number): Uint8Array =>
    new Uint8Array(Uint32Array.from(rig.readShared(base(), (count * SECTOR) / 4)).buffer);
  let look = (): void => {};
  const requests: RigRequest[] = [{ label: SESSION_CONNECT, words: [KEY, 1] }];
  for (const step of [...steps, { do: "info" } as const]) {
    const previous = look;
    look = () => {};
    if (!("sector" in step)) {
      requests.push({ label: step.do === "flush" ? DISK_FLUSH : DISK_INFO, words: [], before: previous });
      continue;
    }
    const { sector, count, fill = 0 } = step;
    const before = (): void => {
      previous();
      if (step.do === "put") rig.writeShared(base(), new Uint8Array(count * SECTOR).fill(fill));
    };
    if (step.do === "get")
      look = () => {
        if (client.replies.at(-1)![0] === STATUS_OK) got.push(...kinds(page(count)));
      };
    requests.push({ label: step.do === "put" ? SESSION_PUT : SESSION_GET, words: [KEY, sector, count], before });
  }
  const client = rig.addClient(requests);
  rig.run(crashes);
  if (starts) {
    rig.coldRestart();
    const get = { label: SESSION_GET, words: [KEY, 5, 1] };
    requests.push(get, { label: SESSION_CONNECT, words: [KEY, 1] }, get);
    rig.run();
    const again = client.replies.at(-2)![1]!;
    got.push(rig.readShared(again, 1)[0]! & 0xff);
  }
  const { retired: instructions, recovered, coldRestarts: cold } = rig;
  return { replies: client.replies, got, instructions, time: clock(), interrupts, recovered, cold, disk, medium };
}

const STEPS: readonly Step[] = [
  { do: "put", sector: 5, count: 2, fill: 1 },
  { do: "get", sector: 5, count: 1 },
  { do: "flush" },
  { do: "put", sector: 6, count: 1, fill: 2 },
  { do: "get", sector: 4, count: 4 },
];
const GOT = [1, 0, 1, 2, 0];
const outcome = ({ replies, got, disk }: Used) => ({
  statuses: replies.map(([status]) => status),
  got,
  contents: kinds(disk.read(0, SECTORS)),
});

describe("the PATA driver", () => {
  const driver = elf("pata");
  const whole = use(driver, STEPS);
  const right = outcome(whole);

  it("reads and writes sectors for a client that shares pages with it, and says how many there are", () => {
    expect(right).toMatchObject({ got: GOT, statuses: Array(STEPS.length + 2).fill(STATUS_OK) });
    expect(right.contents.slice(4, 8)).toEqual(GOT.slice(1));
    expect(whole.replies.at(-1)).toEqual([STATUS_OK, SECTORS]);
    expect(whole.recovered).toBe(0);
  });

  it(
    "reads and writes the same when it crashes at any instruction",
    () => {
      for (let crash = 1; crash < whole.instructions; crash += STRIDE)
        expect({ crash, ...outcome(use(driver, STEPS, { crashes: [crash] })) }).toEqual({ crash, ...right });
    },
    LONG,
  );

  it(
    "reads and writes the same when recovery and replay crash as well",
    () => {
      for (const pair of sample(whole.instructions * RECOVERY, PAIRS)) {
        const crashes = [1 + Math.floor(pair / RECOVERY), 1 + (pair % RECOVERY)];
        expect({ crashes, ...outcome(use(driver, STEPS, { crashes })) }).toEqual({ crashes, ...right });
      }
    },
    LONG,
  );

  it(
    "reads and writes a sector when it crashes at every instruction of Recover and of the replay",
    () => {
      for (const steps of [
        [{ do: "put", sector: 5, count: 1, fill: 1 }],
        [{ do: "get", sector: 5, count: 1 }],
      ] as const) {
        const calm = use(driver, steps);
        const firsts = [0.6, 0.75, 0.9].map((part) => Math.floor(part * calm.instructions));
        const length = (crashes: readonly number[]): number => use(driver, steps, { crashes }).instructions;
        for (const crashes of pairs(firsts, length, THOROUGH ? undefined : 5))
          expect({ crashes, ...outcome(use(driver, steps, { crashes })) }).toEqual({ crashes, ...outcome(calm) });
      }
    },
    LONG,
  );

  it("has on the medium what was put before a flush, wherever it crashes, and whatever a power cut does to the rest", () => {
    const flushed = STEPS.slice(0, 3);
    for (let crash = 1; crash < use(driver, flushed).instructions; crash += 5 * STRIDE) {
      const { disk, medium } = use(driver, flushed, { crashes: [crash] });
      disk.cut(() => 0);
      expect({ crash, medium: kinds(medium).slice(4, 8) }).toEqual({ crash, medium: [0, 1, 1, 0] });
    }
    const { disk, medium } = use(driver, flushed.slice(0, 2));
    disk.cut(() => 0);
    expect(kinds(medium).slice(4, 8)).toEqual([0, 0, 0, 0]); // without the flush all is lost
  });

  it("goes on when interrupts get lost, and it crashes besides", () => {
    for (const lose of [1, 2, 3]) {
      const calm = use(driver, STEPS, { lose });
      expect(outcome(calm)).toEqual(right);
      for (const crash of sample(calm.instructions - 1, THOROUGH ? 1_000 : 6, lose)) {
        const crashes = [crash + 1];
        expect({ lose, crashes, ...outcome(use(driver, STEPS, { lose, crashes })) }).toEqual({
          lose,
          crashes,
          ...right,
        });
      }
    }
  });

  it("goes on within 10 ms of an interrupt that got lost", () => {
    const steps: readonly Step[] = [{ do: "put", sector: 5, count: 1, fill: 1 }];
    const [calm, late] = [use(driver, steps), use(driver, steps, { lose: 1 })];
    expect(outcome(late)).toEqual(outcome(calm));
    const each = (late.time - calm.time) / late.interrupts;
    expect(each).toBeGreaterThan(5_000_000);
    expect(each).toBeLessThanOrEqual(10_000_000);
  });

  it("tells of sectors that cannot be read or written, and of a flush that failed", () => {
    const rule = { lba: 6, count: 1, times: 1 };
    const replies = (of: pc.FaultRule): readonly number[][] => use(driver, STEPS, { rules: [of] }).replies;
    expect(replies({ ...rule, operation: "read", error: pc.ATA_ERROR_UNC })[5]).toEqual([
      STATUS_FAILED,
      pc.ATA_ERROR_UNC,
      6,
    ]);
    expect(replies({ ...rule, operation: "write", error: pc.ATA_ERROR_IDNF })[1]).toEqual([
      STATUS_FAILED,
      pc.ATA_ERROR_IDNF,
      6,
    ]);
    expect(replies({ ...rule, operation: "flush", error: pc.ATA_ERROR_ABRT })[3]?.slice(0, 2)).toEqual([
      STATUS_FAILED,
      pc.ATA_ERROR_ABRT,
    ]);
  });

  it("refuses sectors that are none, and more than the pages hold", () => {
    const steps = [
      { do: "get", sector: SECTORS - 1, count: 2 },
      { do: "get", sector: 0, count: 9 },
      { do: "get", sector: 0xffffffff, count: 2 },
      { do: "get", sector: 0, count: 0 },
    ] as const;
    expect(outcome(use(driver, steps)).statuses.slice(1, 5)).toEqual(Array(4).fill(STATUS_INVALID));
  });

  it("knows of no session after a cold start, and the disk's contents are what they were", () => {
    const used = use(driver, STEPS, { cold: true });
    expect(used.replies.slice(-3).map(([status]) => status)).toEqual([STATUS_NOT_FOUND, STATUS_OK, STATUS_OK]);
    expect(used.got.at(-1)).toBe(1);
    expect(outcome(used).contents).toEqual(right.contents);
  });

  it("without recovery knows of no session after a crash", () => {
    const naive = elf("pata-naive");
    const calm = use(naive, STEPS);
    expect(outcome(calm)).toEqual(right);
    for (const crash of [0.4, 0.6, 0.8].map((part) => Math.floor(calm.instructions * part))) {
      const { replies, cold } = use(naive, STEPS, { crashes: [crash] });
      expect(cold).toBe(1);
      const statuses = new Set(replies.map(([status]) => status));
      expect([STATUS_FAILED, STATUS_NOT_FOUND].some((status) => statuses.has(status))).toBe(true);
    }
  });
});

describe("the RAM disk", () => {
  const server = elf("ramdisk");
  const whole = use(server, STEPS);

  it("reads what was written, wherever it crashes", () => {
    expect(whole).toMatchObject({ got: GOT, replies: expect.arrayContaining([[STATUS_OK, 1024]]) });
    for (let crash = 1; crash < whole.instructions; crash += STRIDE)
      expect({ crash, ...use(server, STEPS, { crashes: [crash] }) }).toMatchObject({ crash, got: GOT });
  });

  it("has nothing of before after a power cut", () => {
    expect(use(server, [{ do: "put", sector: 5, count: 1, fill: 1 }, { do: "flush" }]).replies[2]).toEqual([STATUS_OK]);
    expect(use(server, [{ do: "get", sector: 5, count: 1 }]).got).toEqual([0]); // another machine
  });

  it("has lost sessions and contents after a cold start", () => {
    const { replies, got } = use(server, STEPS, { cold: true });
    expect(replies.slice(-3).map(([status]) => status)).toEqual([STATUS_NOT_FOUND, STATUS_OK, STATUS_OK]);
    expect(got).toEqual([...GOT, 0]);
  });
});
