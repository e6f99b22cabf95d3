/**
 * The right results of the steps in `steps`, computed here from the same inputs.
 *
 * @module
 */
import { createHash } from "node:crypto";

const hash = (name: string, bytes: Uint8Array | string): string => createHash(name).update(bytes).digest("hex");

/** Step → what its line must begin with. `busybox` is the guest's. */
export function rightResults(busybox: Uint8Array): ReadonlyMap<string, string> {
  const twice = Buffer.concat([busybox, busybox]).subarray(0, 64 * 65_536);
  let integer = 0;
  for (let i = 0; i < 200_000; i++) integer = (integer * 31 + i) % 65_521;
  let real = 0;
  for (let i = 1; i <= 20_000; i++) real += (((i % 7) - 3.5) / i) * (real - i / 3);
  const sorted = Array.from({ length: 30_000 }, (_, i) => ((i + 1) * 7919) % 60_013).sort((a, b) => a - b);
  const matching = twice
    .toString("latin1")
    .split("\n")
    .filter((line) => /a[bc]+d|xyz/.test(line));
  return new Map([
    ["sha256", hash("sha256", new Uint8Array(512 * 65_536))],
    ["gunzip", hash("md5", twice)],
    ["smaller", "yes"],
    ["awkint", String(integer)],
    ["awkstr", "100000"],
    ["awkreal", real.toFixed(6)],
    ["find", "many"],
    ["sort", hash("md5", `${sorted.join("\n")}\n`)],
    ["forks", "ok"],
    ["shloop", "100000"],
    ["grep", String(matching.length)],
    ["pipe", "40960000"],
  ]);
}

/** What is wrong with the lines of a run; empty when all is right. */
export function wrongResults(output: string, busybox: Uint8Array): string[] {
  const found = new Map([...output.matchAll(/^E (\w+) (\S*)/gm)].map(([, name, result]) => [name, result]));
  return [...rightResults(busybox)]
    .filter(([name, right]) => found.get(name) !== right)
    .map(([name, right]) => `step ${name}: ${found.get(name) ?? "nothing"} instead of ${right}`);
}
