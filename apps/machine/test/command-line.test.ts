import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));

function kintsugi(...words: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...words], { encoding: "utf8", input: "" });
  return { status, stdout, stderr };
}

function filesOf(count: number): string[] {
  return Array.from({ length: count }, (_, n) => ["--file", `${"f".repeat(29)}${10 + n}=${MAIN}`]).flat();
}

describe("the kintsugi command", () => {
  it("helps at every level", () => {
    expect(kintsugi("--help")).toMatchObject({ status: 0, stdout: expect.stringMatching(/start[\s\S]*boot/) });
    const boot = kintsugi("boot", "--help");
    expect(boot.status).toBe(0);
    for (const option of ["--script", "--seed", "--json", "--host-times", "--memory", "--limit", "--file", "--paper"]) {
      expect(boot.stdout).toContain(option);
    }
    expect(boot.stdout).toContain("deadlock");
    expect(kintsugi("start", "--help")).toMatchObject({ status: 0, stdout: expect.stringContaining("Ctrl-]") });
  });

  it("refuses impossible lines with exit code 2, naming the option and the way out", () => {
    const refused: readonly [string[], RegExp][] = [
      [["boot", "--memory", "3"], /--memory wants whole megabytes from 16/],
      [["boot", "--wings"], /unknown option '--wings'[\s\S]*--help/],
      [["fly"], /unknown command 'fly'[\s\S]*--help/],
      [["boot", "--script"], /--script <FILE>' argument missing/],
      [["boot", "--script", "/nonexistent"], /--script \/nonexistent: there is no such file; check the path/],
      [["boot", "--file", "a=/nonexistent"], /--file a=\/nonexistent: there is no such file/],
      [["boot", "--file", `msh=${MAIN}`], /has a program 'msh' already; choose another name/],
      [["boot", "--paper", "/nonexistent/paper"], /--paper \/nonexistent\/paper: .*; name a file that can be written/],
      [["boot", ...filesOf(60)], /--file: 60 files are too many; the machine has room for 59/],
      [["boot", "--paper", ""], /--paper : it has no name; name a file that can be written/],
      [["boot", "--memory", "16", "--file", `big=${process.execPath}`], /--memory: 16 MiB .* need \d+ MiB; give more/],
      [["boot", "--replay", MAIN], /line 1 of the input log is not the header/],
      [["boot", "--replay", "x", "--script", "y"], /--script cannot go with --replay/],
    ];
    for (const [words, message] of refused) {
      const { status, stderr, stdout } = kintsugi(...words);
      expect({ words, status, stdout }).toEqual({ words, status: 2, stdout: "" });
      expect(stderr).toMatch(message);
    }
  });

  it("takes as many files as the machine has room for, with the longest names", () => {
    const words = [MAIN, "start", ...filesOf(59)];
    const { status, stdout } = spawnSync(process.execPath, words, { encoding: "utf8", input: "ls\n" });
    expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringContaining(` ${"f".repeat(29)}68\r\n`) });
  });
});
