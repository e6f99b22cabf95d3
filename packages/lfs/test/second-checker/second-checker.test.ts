// Everything the package writes passes a checker that was written from the format's description alone.
import { expect, test } from "vitest";
import { chance } from "../../src/testing/crash-disk.ts";
import { CrashDisk, crashStates, MemoryDisk, newfs, Refused, Session } from "../../src/testing/index.ts";
import { image, listing } from "../images.ts";
import { check } from "./check.ts";
import { readIfile, readInode } from "./files.ts";
import { openDisk } from "./geometry.ts";

const LONG = process.env.KINTSUGI_LONG !== undefined;
const FOREIGN = ["v1-44bsd-i386", "v1-netbsd", "v2-crash", "v2-empty", "v2-files", "v2-small"];

/** The first things that are wrong, so that a failure can be read. */
function findings(bytes: Uint8Array): readonly string[] {
  return check(bytes).findings.slice(0, 5);
}

test.each(FOREIGN)("%s, which another system wrote, has no fault", (name) => {
  expect(findings(image(name))).toEqual([]);
});

test.each(["v1-netbsd", "v2-files", "v2-small"])("%s holds what its own system lists", (name) => {
  const names = check(image(name)).listing.filter(({ path }) => !/\/\.\.?$/.test(path));
  const ours = names.map(({ path, mode, nlink, size }) => ({ path: path.slice(2), mode, nlink, size }));
  const theirs = listing(name).map(({ path, mode, nlink, size }) => ({ path, mode, nlink, size }));
  expect(ours.sort((a, b) => (a.path < b.path ? -1 : 1))).toEqual(theirs);
});

test("a changed word of superblock, summary, ifile, inode or directory is found", () => {
  const whole = image("v2-files");
  const disk = openDisk(whole, () => undefined)!;
  const { sb } = disk;
  const ifile = readIfile(disk, () => undefined)!;
  const byte = (lbn: number): number => ifile.owned.find((block) => block.lbn === lbn)!.daddr * sb.fsize;
  const root = readInode(disk, ifile.entries[2]!.daddr, 2)!.raw.byteOffset;
  const current = (sb.curseg - disk.firstSegment) / disk.segmentUnits;
  const places: Readonly<Record<string, number>> = {
    "nfiles of the first superblock": 8192 + 40,
    "nseg of the second superblock": sb.sboffs[1]! * sb.fsize + 116,
    "a summary's sum": 16384,
    "a summary's count of finfos": 16384 + 20,
    "the slack of a summary": 16384 + 300,
    "clean segments of the ifile": byte(0),
    "head of the free list": byte(0) + 16,
    "live bytes of the current segment": byte(sb.cleansz + Math.floor(current / sb.sepb)) + (current % sb.sepb) * 24,
    "generation of the root": byte(sb.cleansz + sb.segtabsz) + 2 * 20,
    "links of the root": root + 2,
    "number of the root": root + 4,
    "blocks of the root": root + 104,
  };
  for (const [what, place] of Object.entries(places)) {
    const bytes = whole.slice();
    bytes[place]! ^= 4;
    expect([what, findings(bytes).length > 0]).toEqual([what, true]);
  }
});

interface Shape {
  readonly bsize: number;
  readonly fsize: number;
  readonly ssize: number;
}
const SHAPES: readonly Shape[] = [
  { bsize: 4096, fsize: 512, ssize: 32768 },
  { bsize: 8192, fsize: 1024, ssize: 65536 },
  { bsize: 4096, fsize: 4096, ssize: 131072 },
  { bsize: 1024, fsize: 512, ssize: 32768 },
];

function fresh(size: number, shape: Shape): MemoryDisk {
  const disk = new MemoryDisk(new Uint8Array(size));
  newfs(disk, new Uint8Array(2 << 20), { ...shape, ident: 99, time: 1 });
  return disk;
}

/** One random call; what is refused changes nothing. */
function churn(session: Session, random: () => number): void {
  const upTo = (n: number): number => Math.floor(random() * n);
  const names = ["a", "b", "c", "d", "d/a", "d/b", "d/e", "d/e/a", "long name of a file that needs room", "s"];
  const path = names[upTo(names.length)]!;
  const other = names[upTo(names.length)]!;
  try {
    const kind = upTo(22);
    if (kind < 8) session.write(path, upTo(80000), new Uint8Array(1 + upTo(20000)).fill(1 + upTo(255)));
    else if (kind === 8) session.write(path, upTo(4 << 20), new Uint8Array(100).fill(7));
    else if (kind === 9) session.create(path);
    else if (kind < 12) session.mkdir(path);
    else if (kind === 12) session.unlink(path);
    else if (kind === 13) session.rmdir(path);
    else if (kind === 14) session.rename(path, other);
    else if (kind === 15) session.link(path, other);
    else if (kind === 16) session.symlink(upTo(2) === 0 ? "short" : "l".repeat(100), path);
    else if (kind < 19) session.truncate(path, upTo(90000));
    else if (kind === 19) session.fsync(path);
    else if (kind === 20) session.sync();
    else session.call({ name: "clean", args: [1 + upTo(3)] });
  } catch (reason) {
    if (!(reason instanceof Refused)) throw reason;
  }
}

test.each(SHAPES)("logs that went round and were cleaned have no fault: $bsize/$fsize/$ssize", (shape) => {
  const disk = fresh(shape.ssize * 48, shape);
  expect(findings(disk.bytes)).toEqual([]);
  const random = chance(shape.bsize + shape.fsize);
  let session = new Session(disk, new Uint8Array(2 << 20)).mount();
  for (let round = 0; round < (LONG ? 200 : 12); round++) {
    for (let n = 0; n < 120; n++) churn(session, random);
    session.sync();
    expect(findings(disk.bytes)).toEqual([]);
    if (round % 3 === 0) {
      session.unmount();
      const opinion = check(disk.bytes);
      expect([opinion.clean, opinion.leaps, opinion.findings.slice(0, 5)]).toEqual([true, 0, []]);
      session = new Session(disk, new Uint8Array(2 << 20)).mount();
    }
  }
  // Every segment was written, so the log has been round.
  const serial = new DataView(disk.bytes.buffer).getUint32(8192 + 336, true);
  expect(serial).toBeGreaterThan(48);
  const held = new Map(session.tree().map(({ path, attributes }) => [path, attributes.size]));
  session.unmount();
  for (const { path, size, mode, contents } of check(disk.bytes).listing) {
    if (/\/\.\.?$/.test(path)) continue;
    expect([path, size]).toEqual([path, held.get(path.slice(2))]);
    if (mode >> 12 !== 8) continue;
    session = new Session(disk, new Uint8Array(2 << 20)).mount(1);
    expect(Buffer.compare(contents, session.read(path.slice(2)))).toBe(0);
  }
});

test.each(FOREIGN)("%s has no fault when the package went on with it", (name) => {
  const disk = new MemoryDisk(image(name));
  const random = chance(17);
  const session = new Session(disk, new Uint8Array(6 << 20)).mount();
  for (let n = 0; n < (LONG ? 5000 : 200); n++) churn(session, random);
  session.unmount();
  expect(findings(disk.bytes)).toEqual([]);
});

test("what a crash leaves has no fault once it was mounted", () => {
  let states = 0;
  for (let seed = 1; seed <= (LONG ? 100 : 3); seed++) {
    const random = chance(seed);
    const disk = new CrashDisk(fresh(5 << 18, SHAPES[0]!).bytes);
    const session = new Session(disk, new Uint8Array(1 << 20)).mount();
    for (let n = 0; n < 25; n++) churn(session, random);
    for (const state of crashStates(disk, 1, seed)) {
      if (random() > 0.3) continue;
      states++;
      const again = new Session(new MemoryDisk(state.bytes), new Uint8Array(1 << 20)).mount();
      again.unmount();
      expect([seed, state.cut, state.how, ...findings(state.bytes)]).toEqual([seed, state.cut, state.how]);
    }
  }
  expect(states).toBeGreaterThan(30);
});
