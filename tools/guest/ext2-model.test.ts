/**
 * The Ext2 server against a model of a file system: random requests of three clients' sessions, with crashes in between.
 *
 * Here: the model, drawing requests, comparing answers and the disk. Not here: each rule by itself (→ ext2.test.ts).
 * @module
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Ext2Tree } from "../../apps/machine/src/ext2/format.ts";
import { makeExt2 } from "../../apps/machine/src/ext2/make.ts";
import { openExt2 } from "../../apps/machine/src/ext2/read.ts";
import { Random } from "../../apps/machine/src/random.ts";
import { problemsOf } from "../../apps/machine/test/e2fsck.ts";
import * as E from "../../packages/arc-framework/src/protocol/ext2.ts";
import { guests } from "../../packages/drivers/src/index.ts";
import { ext2, outcomes, pattern, play, type Step } from "./ext2-stage.ts";

const THOROUGH = process.env.KINTSUGI_LONG !== undefined && process.env.KINTSUGI_LONG !== "";
const SEED = Number(process.env.KINTSUGI_SEED ?? 20261120);
const server = readFileSync(guests.ext2!);
const NEW = E.EXT2_OPEN_READ | E.EXT2_OPEN_WRITE | E.EXT2_OPEN_CREATE;

interface File {
  kind: "file";
  bytes: Uint8Array;
}
interface Folder {
  kind: "folder";
  readonly entries: Map<string, File | Folder>;
}
type Node = File | Folder;
type Outcome = { readonly error: number; readonly bytes?: Uint8Array };

const folder = (): Folder => ({ kind: "folder", entries: new Map() });
const OK: Outcome = { error: 0 };
const fail = (error: number): Outcome => ({ error });

/** A file system as POSIX has it, in memory. Paths are plain: no dots, no doubled slashes. */
class Model {
  readonly root = folder();
  /** Session → what it has open. */
  readonly #open = new Map<number, File>();

  #parent(path: string): { at: Folder; name: string } | number {
    const names = path.split("/").slice(1);
    let at: Node = this.root;
    for (const name of names.slice(0, -1)) {
      if (at.kind === "file") return E.EXT2_ENOTDIR;
      const next: Node | undefined = at.entries.get(name);
      if (next === undefined) return E.EXT2_ENOENT;
      at = next;
    }
    return at.kind === "file" ? E.EXT2_ENOTDIR : { at, name: names.at(-1)! };
  }

  #with(path: string, use: (at: Folder, name: string, node: Node | undefined) => Outcome): Outcome {
    const found = this.#parent(path);
    return typeof found === "number" ? fail(found) : use(found.at, found.name, found.at.entries.get(found.name));
  }

  #having(path: string, use: (at: Folder, name: string, node: Node) => Outcome): Outcome {
    return this.#with(path, (at, name, node) => (node === undefined ? fail(E.EXT2_ENOENT) : use(at, name, node)));
  }

  open(key: number, path: string): Outcome {
    if (this.#open.has(key)) return fail(E.EXT2_EBUSY);
    return this.#with(path, (at, name, node) => {
      if (node?.kind === "folder") return fail(E.EXT2_EISDIR);
      const file: File = node ?? { kind: "file", bytes: new Uint8Array(0) };
      at.entries.set(name, file);
      this.#open.set(key, file);
      return OK;
    });
  }

  close(key: number): Outcome {
    this.#open.delete(key);
    return OK;
  }

  #opened(key: number, use: (file: File) => Outcome): Outcome {
    const file = this.#open.get(key);
    return file === undefined ? fail(E.EXT2_EBADF) : use(file);
  }

  write(key: number, offset: number, bytes: Uint8Array): Outcome {
    return this.#opened(key, (file) => {
      const at = offset === E.EXT2_APPEND ? file.bytes.length : offset;
      const all = new Uint8Array(Math.max(file.bytes.length, at + bytes.length));
      all.set(file.bytes);
      all.set(bytes, at);
      file.bytes = all;
      return OK;
    });
  }

  truncate(key: number, size: number): Outcome {
    return this.#opened(key, (file) => {
      const all = new Uint8Array(size);
      all.set(file.bytes.subarray(0, size));
      file.bytes = all;
      return OK;
    });
  }

  read(key: number, offset: number, count: number): Outcome {
    return this.#opened(key, ({ bytes }) => ({ error: 0, bytes: bytes.slice(offset, offset + count) }));
  }

  makeDirectory(path: string): Outcome {
    return this.#with(path, (at, name, node) => {
      if (node !== undefined) return fail(E.EXT2_EEXIST);
      at.entries.set(name, folder());
      return OK;
    });
  }

  removeDirectory(path: string): Outcome {
    return this.#having(path, (at, name, node) => {
      if (node.kind === "file") return fail(E.EXT2_ENOTDIR);
      if (node.entries.size > 0) return fail(E.EXT2_ENOTEMPTY);
      at.entries.delete(name);
      return OK;
    });
  }

  unlink(path: string): Outcome {
    return this.#having(path, (at, name, node) => {
      if (node.kind === "folder") return fail(E.EXT2_EISDIR);
      at.entries.delete(name);
      return OK;
    });
  }

  link(path: string, further: string): Outcome {
    return this.#having(path, (_, __, node) => {
      if (node.kind === "folder") return fail(E.EXT2_EPERM);
      return this.#with(further, (at, name, there) => {
        if (there !== undefined) return fail(E.EXT2_EEXIST);
        at.entries.set(name, node);
        return OK;
      });
    });
  }

  rename(path: string, to: string): Outcome {
    const source = this.#parent(path);
    const target = this.#parent(to);
    if (typeof source === "number") return fail(source);
    if (typeof target === "number") return fail(target);
    const node = source.at.entries.get(source.name);
    const there = target.at.entries.get(target.name);
    if (node === undefined) return fail(E.EXT2_ENOENT);
    if (node.kind === "folder" && holds(node, target.at)) return fail(E.EXT2_EINVAL);
    if (node === there) return OK;
    if (there !== undefined) {
      if (node.kind === "folder" && there.kind === "file") return fail(E.EXT2_ENOTDIR);
      if (node.kind === "file" && there.kind === "folder") return fail(E.EXT2_EISDIR);
      if (there.kind === "folder" && there.entries.size > 0) return fail(E.EXT2_ENOTEMPTY);
    }
    source.at.entries.delete(source.name);
    target.at.entries.set(target.name, node);
    return OK;
  }

  tree(at: Folder = this.root): Ext2Tree {
    return Object.fromEntries(
      [...at.entries].map(([name, node]) => [name, node.kind === "file" ? node.bytes : this.tree(node)]),
    );
  }
}

function holds(outer: Folder, inner: Folder): boolean {
  return outer === inner || [...outer.entries.values()].some((node) => node.kind === "folder" && holds(node, inner));
}

/** A request, and what the model says to it. */
function draw(random: Random, model: Model): readonly [Step, Outcome] {
  const name = (): string => ["a", "b", "c", "a-rather-long-name-that-needs-its-room"][random.below(4)]!;
  const path = (): string => `/${Array.from({ length: 1 + random.below(3) }, name).join("/")}`;
  const key = 1 + random.below(3);
  const offset = (): number => (random.below(4) === 0 ? E.EXT2_APPEND : random.below(20_000));
  const session = (step: Step, outcome: Outcome): readonly [Step, Outcome] => [{ ...step, key }, outcome];
  const kind = random.below(22);
  if (kind < 4) {
    const [one] = [path()];
    return session(ext2.open(one, NEW), model.open(key, one));
  }
  if (kind < 6) return session(ext2.close(), model.close(key));
  if (kind < 10) {
    const [at, bytes] = [offset(), pattern(1 + random.below(5000), random.below(256))];
    return session(ext2.write(at, bytes), model.write(key, at, bytes));
  }
  if (kind < 11) {
    const size = random.below(30_000);
    return session(ext2.truncate(size), model.truncate(key, size));
  }
  if (kind < 13) {
    const [at, count] = [random.below(20_000), random.below(10_000)];
    return session(ext2.read(at, count), model.read(key, at, count));
  }
  const [one, two] = [path(), path()];
  if (kind < 16) return session(ext2.makeDirectory(one), model.makeDirectory(one));
  if (kind < 17) return session(ext2.removeDirectory(one), model.removeDirectory(one));
  if (kind < 18) return session(ext2.unlink(one), model.unlink(one));
  if (kind < 20) return session(ext2.rename(one, two), model.rename(one, two));
  if (kind < 21) return session(ext2.link(one, two), model.link(one, two));
  return session(ext2.sync(), OK);
}

describe("the Ext2 server, and a model", () => {
  const ROUNDS = THOROUGH ? 100 : 6;
  const STEPS = THOROUGH ? 200 : 80;
  const image = makeExt2({}, { blocks: 2048, blocksPerGroup: 512, inodes: 128 })._unsafeUnwrap();

  it("answer the same and end with the same files, crashes or not", () => {
    const random = new Random(SEED + 91);
    const errors = new Set<number>();
    let crashed = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const model = new Model();
      const drawn = Array.from({ length: STEPS }, () => draw(random, model));
      const closes = [1, 2, 3].map((key) => ({ ...ext2.close(), key }));
      const crashes = round % 2 === 0 ? [] : Array.from({ length: 12 }, () => 1 + random.below(60_000));
      const played = play(server, image, [...drawn.map(([step]) => step), ...closes], { crashes });
      crashed += played.rig.recovered;
      const expected = drawn.map(([, { error }]) => error);
      for (const error of expected) errors.add(error);
      expect({ round, answers: outcomes(played).slice(0, STEPS) }).toEqual({ round, answers: expected });
      for (const [i, [, { bytes }]] of drawn.entries())
        if (bytes) expect(Buffer.compare(played.answers[i]!.bytes!, bytes)).toBe(0);
      expect(problemsOf(played.image)).toEqual([]);
      expect(flat(openExt2(played.image)._unsafeUnwrap().tree()._unsafeUnwrap())).toEqual(
        flat({ ...model.tree(), "lost+found": {} }),
      );
    }
    expect(crashed).toBeGreaterThan(ROUNDS);
    expect(errors.size).toBeGreaterThan(8);
  }, 7_200_000);
});

/** Paths with bytes, in order: quickly compared. */
function flat(tree: Ext2Tree, path: string = ""): string[] {
  return Object.entries(tree)
    .flatMap(([name, node]) =>
      node instanceof Uint8Array
        ? [`${path}/${name} ${Buffer.from(node).toString("latin1")}`]
        : [`${path}/${name}/`, ...flat(node, `${path}/${name}`)],
    )
    .sort();
}
