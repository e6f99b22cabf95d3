// What is done before the power fails: ACE's bounds (Mohan et al. 2018), and random calls.
import { chance } from "../../src/testing/crash-disk.ts";

/** One call of a workload; paths are made of few letters so that calls meet. */
export type Call =
  | readonly ["create" | "mkdir" | "unlink" | "rmdir" | "fsync", string]
  | readonly ["link" | "rename" | "symlink", string, string]
  | readonly ["write", string, number, number]
  | readonly ["truncate", string, number]
  | readonly ["clean", number]
  | readonly ["sync"];

/** Operations on few files: a name, a directory, an indirect block, a hole, a tail. Blocks have 1024 bytes. */
export const OPERATIONS: readonly Call[] = [
  ["create", "n"],
  ["mkdir", "D"],
  ["symlink", "f", "s"],
  ["link", "f", "h"],
  ["link", "f", "d/h"],
  ["unlink", "f"],
  ["unlink", "d/g"],
  ["rmdir", "e"],
  ["rename", "f", "r"],
  ["rename", "f", "d/g"],
  ["rename", "d", "e"],
  ["rename", "d/g", "e/g"],
  ["write", "f", 0, 5000],
  ["write", "f", 2300, 100],
  ["write", "d/g", 300000, 100],
  ["truncate", "f", 0],
  ["truncate", "f", 1300],
  ["truncate", "f", 15000],
];

export const SETUP: readonly Call[] = [
  ["mkdir", "d"],
  ["mkdir", "e"],
  ["write", "f", 0, 3000],
  ["write", "d/g", 0, 15000],
  ["sync"],
];

export const PERSISTENCE: readonly Call[] = [["sync"], ["fsync", "f"], ["fsync", "d/g"], ["fsync", "d"], ["fsync", ""]];

/** One operation, a persistence call, and something that is lost or not. */
export function* oneOperation(): Generator<Call[]> {
  for (const operation of OPERATIONS)
    for (const persist of PERSISTENCE) yield [...SETUP, operation, persist, ["create", "z"], ["sync"]];
}

/** Two operations with a persistence call, or none, between and one behind. */
export function* twoOperations(): Generator<Call[]> {
  for (const first of OPERATIONS)
    for (const second of OPERATIONS)
      for (const between of [undefined, ...PERSISTENCE])
        for (const behind of PERSISTENCE)
          yield between === undefined ? [...SETUP, first, second, behind] : [...SETUP, first, between, second, behind];
}

/** Any calls, refused ones too; with `cleans` the cleaner runs now and then. */
export function randomCalls(seed: number, count: number, cleans: boolean): Call[] {
  const random = chance(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const names = ["a", "b", "c", "d", "d/a", "d/b", "e", "e/a"];
  const kinds = [
    "create",
    "mkdir",
    "unlink",
    "rmdir",
    "link",
    "rename",
    "write",
    "write",
    "write",
    "truncate",
  ] as const;
  return Array.from({ length: count }, (): Call => {
    const kind = pick([...kinds, "fsync", "fsync", "sync", ...(cleans ? (["clean", "clean"] as const) : [])] as const);
    if (kind === "clean") return [kind, 1 + Math.floor(random() * 3)];
    if (kind === "write") return [kind, pick(names), Math.floor(random() * 22000), 1 + Math.floor(random() * 5000)];
    if (kind === "truncate") return [kind, pick(names), Math.floor(random() * 25000)];
    if (kind === "link" || kind === "rename") return [kind, pick(names), pick(names)];
    return kind === "sync" ? [kind] : [kind, pick(names)];
  });
}
