import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { ALL_KERNELS } from "../bench/kernels.ts";

const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));
const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));

function kintsugi(...words: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...words], { encoding: "utf8", cwd: ROOT });
  return { status, stdout, stderr };
}

/** Iterations divided by this make every kernel a matter of milliseconds. */
const SMALL = ["--scale", "999999", "--repetitions", "1"];

/** These take long whatever they are asked for. */
const SLOW = [
  "qsort",
  "matmul",
  "chasebig",
  "pg_chasebig",
  "pg_sieve",
  "x87_mandel",
  "x87_dmat",
  "sse_mandel",
  "sse_dmat",
];

describe("kintsugi bench", () => {
  it("runs the guest's kernels to the same checksum on both engines", () => {
    const kernels = ALL_KERNELS.filter((kernel) => !SLOW.includes(kernel));
    const { status, stdout, stderr } = kintsugi(
      ...["bench", "--engine", "interpreter,jit", "--list", kernels.join(","), ...SMALL],
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const lines = stdout.trim().split("\n");
    expect(lines.slice(1, 1 + kernels.length).map((line) => line.split(" ")[0])).toEqual(kernels);
    expect(stdout).not.toContain("DIFFER");
    expect(stdout).toMatch(/compiled: [\d.]+ % of instructions/);
  });

  it("says as JSON what is compiled, and which rows have no lowering", () => {
    const { status, stdout } = kintsugi("bench", "--list", "fib,x87_nbody", "--json", ...SMALL);
    expect(status).toBe(0);
    const lines = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.slice(0, -1).map(({ kernel }) => kernel)).toEqual(["fib", "x87_nbody"]);
    for (const line of lines.slice(0, -1))
      expect(line).toMatchObject({
        engine: "jit",
        milliseconds: expect.any(Number),
        checksum: expect.stringMatching(/^[0-9a-f]{8}$/),
      });
    expect(lines.at(-1).compiler).toMatchObject({ compiledShare: expect.any(Number), notLowered: expect.any(Object) });
  });

  it("stamps the lines of the serial port when pc is asked to", () => {
    const guest = ["--kernel", "bench/guest/bench.elf", "--append", "bench=sieve+1+999999"];
    const { stdout } = kintsugi("pc", "--serial", "stdio", "--stamp", ...guest);
    expect(stdout).toMatch(/^E sieve 0 [0-9a-f]{8} 1\r? @\d+ \d+ \d+ \d+$/m);
  });

  it("refuses kernels and engines that are not there, with exit code 2", () => {
    expect(kintsugi("bench", "--list", "fob")).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("'fob'; there are sieve"),
    });
    expect(kintsugi("bench", "--engine", "magic")).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("--engine wants"),
    });
    expect(kintsugi("bench", "--scale", "0")).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("whole number"),
    });
  });
});
