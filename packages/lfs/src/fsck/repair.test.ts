import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { fsck, planRepair } from "../index.ts";
import { CrashDisk, chance, crashStates } from "../testing/crash-disk.ts";
import { damage, SAMPLE } from "../testing/damaged-disk.ts";
import { MemoryDisk, Session } from "../testing/index.ts";
import { applyRepair } from "./repair.ts";

const LONG = process.env.KINTSUGI_LONG !== undefined;
const CASES = Number(process.env.KINTSUGI_CASES ?? (LONG ? 100_000 : 150));
const reader = (bytes: Uint8Array) => (offset: number, length: number) => bytes.slice(offset, offset + length);

function contents(session: Session): string[] {
  return session
    .tree()
    .slice(1)
    .map(({ path, attributes: { mode, size } }) => {
      if ((mode & 0o170000) !== 0o100000 || size > 1e6) return `${path} ${mode}`;
      return `${path} ${mode} ${createHash("sha256").update(session.read(path)).digest("hex")}`;
    });
}
const mounted = (flags: number): Session =>
  new Session(new MemoryDisk(SAMPLE.slice()), new Uint8Array(1 << 20)).mount(flags);
/** With the log behind the checkpoint and without: damage there is its end, as after a crash. */
const BEFORE = [contents(mounted(1)), contents(mounted(3))];

test("a good disk needs nothing", () => {
  expect(planRepair(reader(SAMPLE), 9)._unsafeUnwrap().log).toEqual([]);
});

test("a damaged disk is good after a repair, or says what keeps it from being one", async () => {
  const first = Number(process.env.KINTSUGI_SEED ?? 0);
  let repaired = 0;
  let refused = 0;
  for (let seed = first; seed < first + CASES; seed++) {
    const bytes = SAMPLE.slice();
    damage(bytes, chance(seed));
    try {
      const plan = planRepair(reader(bytes), 9);
      if (plan.isErr()) {
        expect(plan.error.length).toBeGreaterThan(0);
        refused++;
        continue;
      }
      if (plan.value.findings.length === 0) continue;
      await applyRepair(plan.value, new MemoryDisk(bytes));
      repaired++;
      const left = fsck(reader(bytes));
      if (left.length > 0) throw new Error(`${left[0].code}: ${left[0].text}`);
      const session = new Session(new MemoryDisk(bytes), new Uint8Array(1 << 20)).mount();
      const now = contents(session);
      // What is not as it was before is reported.
      if (plan.value.lost.length === 0) expect(BEFORE).toContainEqual(now);
      session.write("afterwards", 0, new Uint8Array(30000).fill(1));
      session.unmount();
      expect(fsck(reader(bytes))).toEqual([]);
    } catch (reason) {
      throw new Error(`seed ${seed}: ${reason instanceof Error ? reason.stack : reason}`);
    }
  }
  expect(repaired).toBeGreaterThan(CASES / 10);
  expect(refused).toBeLessThan(CASES / 4);
});

test("a disk without superblocks, or without the ifile that they lead to, is found again by its log", async () => {
  const view = new DataView(SAMPLE.buffer);
  const idaddr = view.getInt32(8192 + 52, true) * 512;
  const second = view.getInt32(8192 + 192, true) * 512;
  const holes = [[8192, second], [idaddr], [8192, second, idaddr]];
  for (const lost of holes) {
    const bytes = SAMPLE.slice();
    for (const at of lost) bytes.fill(0, at, at + 512);
    expect(fsck(reader(bytes))).not.toEqual([]);
    const plan = planRepair(reader(bytes), 9)._unsafeUnwrap();
    await applyRepair(plan, new MemoryDisk(bytes));
    expect([lost, fsck(reader(bytes))]).toEqual([lost, []]);
    const now = contents(new Session(new MemoryDisk(bytes), new Uint8Array(1 << 20)).mount(1));
    // Without the newest ifile the one before it leads to files that the log still has.
    if (!lost.includes(idaddr)) expect(BEFORE).toContainEqual(now);
    expect(now.length).toBeGreaterThan(20);
  }
  const bytes = SAMPLE.slice();
  for (let at = 0; at < bytes.length; at += 8192)
    if (view.getUint32(at, true) === 0x070162) bytes.fill(0, at, at + 512);
  expect(planRepair(reader(bytes), 9).isErr()).toBe(true);
});

test("cut behind every write of a repair, the next one makes the disk as good", async () => {
  let states = 0;
  for (let seed = 0; seed < (LONG ? 400 : 9); seed++) {
    const bytes = SAMPLE.slice();
    damage(bytes, chance(seed));
    const plan = planRepair(reader(bytes), 9);
    if (plan.isErr() || plan.value.log.length === 0) continue;
    const whole = bytes.slice();
    await applyRepair(plan.value, new MemoryDisk(whole));
    const wanted = contents(new Session(new MemoryDisk(whole), new Uint8Array(1 << 20)).mount(1));
    const disk = new CrashDisk(bytes);
    await applyRepair(plan.value, disk);
    for (const state of crashStates(disk, 1, seed)) {
      const again = planRepair(reader(state.bytes), 9);
      if (again.isErr()) throw new Error(`seed ${seed} cut ${state.cut} ${state.how}: ${again.error[0]?.text}`);
      await applyRepair(again.value, new MemoryDisk(state.bytes));
      expect([seed, state.cut, state.how, fsck(reader(state.bytes))]).toEqual([seed, state.cut, state.how, []]);
      const now = contents(new Session(new MemoryDisk(state.bytes), new Uint8Array(1 << 20)).mount(1));
      expect([seed, state.cut, state.how, now]).toEqual([seed, state.cut, state.how, wanted]);
      states++;
    }
  }
  expect(states).toBeGreaterThan(40);
});
