import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "kintsugi-conformance-"));
afterAll(() => rmSync(folder, { recursive: true }));

function conformance(...words: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, "conformance", ...words], { encoding: "utf8" });
  return { status, stdout, stderr };
}

function file(name: string, bytes: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

const NOP = '{"f":"nop","b":"90","i":{"r":[0,0,0,0,0,0,0,0],"ip":268435456,"fl":514},"o":{"ip":268435457}}\n';

describe("kintsugi conformance", () => {
  it("prints the score as the last line and ends with 0 only if all of tier A passed", () => {
    const good = file("good.jsonl.gz", gzipSync(NOP));
    const bad = file("bad.jsonl", NOP.replace("268435457", "268435458"));
    const passed = conformance("hwvec", good, "--json");
    expect(passed).toMatchObject({ status: 0, stderr: "" });
    const one = { passed: 1, total: 1 };
    expect(JSON.parse(passed.stdout)).toEqual({ tierA: one, tierB: one, forms: { nop: { tierA: one, tierB: one } } });
    const add = file("f32_add.gz", gzipSync("# f32_add -rnear_even\n3F800000 3F800000 40000000 00\n"));
    const sum = conformance("testfloat", add, "--engine", "jit", "--json");
    expect(sum.status).toBe(0);
    expect(JSON.parse(sum.stdout)).toEqual({ tierA: one, tierB: one, forms: { f32_add: { tierA: one, tierB: one } } });
    const failed = conformance("hwvec", good, bad, "--engine", "interpreter");
    expect(failed.status).toBe(1);
    expect(failed.stdout).toContain("nop: A 1/2, B 1/2 – 90: EIP expected 10000002, got 10000001");
  });

  it("names missing and broken files and the way out, with exit code 2", () => {
    const refused: readonly [string[], RegExp][] = [
      [["hwvec", join(folder, "none")], /none: there is no such file; check the path/],
      [["hwvec", file("text", "hello")], /text: line 1 is no hwvec test/],
      [["hwvec", file("cut.gz", gzipSync(NOP).subarray(0, 30))], /cut\.gz: unexpected end of file/],
      [["moo", file("text.MOO", "hello")], /text\.MOO: the file is cut off/],
      [["testfloat", file("float", "# f32_add\n1 2 3")], /float: line 2 is no TestFloat case/],
      [["hwvec"], /missing required argument/],
      [["hwvec", "x", "--engine", "magic"], /--engine/],
    ];
    for (const [words, message] of refused) {
      const { status, stderr, stdout } = conformance(...words);
      expect({ words, status, stdout }).toEqual({ words, status: 2, stdout: "" });
      expect(stderr).toMatch(message);
    }
  });
});
