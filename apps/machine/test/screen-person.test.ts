/**
 * `kintsugi start --console screen`, by a person at a terminal: what is drawn, what is typed, how it is left.
 *
 * Here: the command in a process of its own, whose stdin says that it is a terminal; what it writes is put onto a grid, as a terminal
 * does. Not here: the guest's drivers of screen and keyboard (→ screen.test.ts).
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));
/** Makes a pipe a terminal, as far as a program can tell, and says on stderr when it is made raw. */
const TERMINAL = `import { isMainThread } from "node:worker_threads";
if (isMainThread) {
  process.stdin.isTTY = true;
  process.stdin.setRawMode = (raw) => (process.stderr.write("<raw " + raw + ">"), process.stdin);
}`;
const LEAVE = "\x1d";
const PROMPT = /^msh% ?$/;

/** An ANSI terminal of as many sequences as the command uses; others fail the test. */
class Grid {
  readonly rows: string[] = [];
  readonly cleared: number[] = [];
  row = 1;
  column = 1;
  #rest = "";

  write(text: string): void {
    this.#rest += text;
    for (;;) {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal's sequences begin with one
      const found = /^(?:\x1b\[([0-9;]*)([HJK])|\r|\n|[^\x1b\r\n]+(?=[\x1b\r\n]))/.exec(this.#rest);
      if (found === null) return;
      this.#rest = this.#rest.slice(found[0].length);
      this.#take(found[0], found[1] ?? "", found[2] ?? "");
    }
  }

  /** Bytes that are no sequence of a terminal's, or none yet. */
  get unknown(): string {
    return this.#rest;
  }

  #take(text: string, words: string, letter: string): void {
    const line = this.rows[this.row - 1] ?? "";
    if (letter === "H") [this.row, this.column] = words.split(";").map(Number) as [number, number];
    else if (letter === "J") this.cleared.push(this.rows.splice(0).length);
    else if (letter === "K") this.rows[this.row - 1] = line.slice(0, this.column - 1);
    else if (text === "\r") this.column = 1;
    else if (text === "\n") this.row++;
    else {
      this.rows[this.row - 1] = line.slice(0, this.column - 1).padEnd(this.column - 1) + text;
      this.column += text.length;
    }
  }
}

describe("a person at the machine's screen", () => {
  it("sees it drawn on the terminal, types into it, and leaves with Ctrl-]", async () => {
    const folder = mkdtempSync(join(tmpdir(), "kintsugi-screen-"));
    const preload = `data:text/javascript,${encodeURIComponent(TERMINAL)}`;
    const words = ["--import", preload, MAIN, "start", "--console", "screen"];
    const child = spawn(process.execPath, words, { cwd: folder, stdio: ["pipe", "pipe", "pipe"] });
    try {
      const grid = new Grid();
      let said = "";
      let changed = (): void => {};
      child.stdout.on("data", (bytes: Buffer) => {
        grid.write(bytes.toString("latin1"));
        changed();
      });
      child.stderr.on("data", (bytes: Buffer) => {
        said += bytes;
      });
      const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
      /** Until the rows are as they should be, or the command has ended. */
      const shows = (right: () => boolean): Promise<unknown> =>
        Promise.race([
          ended,
          new Promise<void>((resolve) => {
            changed = () => right() && resolve();
            changed();
          }),
        ]);
      const prompts = (count: number) => (): boolean =>
        grid.rows.filter((row) => row.startsWith("msh%")).length === count &&
        PROMPT.test(grid.rows[grid.row - 1] ?? "");

      await shows(prompts(1));
      expect(grid.rows.slice(0, 3).map((row) => row.trimEnd())).toEqual([
        "Arc operating system, version 0.1",
        "Welcome to Arc Micro Shell. Enjoy!",
        "msh%",
      ]);
      expect([grid.row, grid.column]).toEqual([3, 6]);
      expect(grid.cleared).toEqual([0]);
      child.stdin.write("run hello World\r");
      await shows(prompts(2));
      expect(grid.rows.slice(2, 4)).toEqual(["msh% run hello World", "Hello, world! I was given: World"]);
      child.stdin.write("xyz\x03"); // Ctrl-C is the guest's
      await shows(prompts(3));
      expect(grid.rows[4]).toBe("msh% xyz^C");
      child.stdin.write(`lost${LEAVE}never typed`);
      expect(await ended).toBe(0);
      expect(grid.unknown).toBe("");
      expect(grid.row).toBe(26); // below the screen
      expect(grid.rows.join("\n")).not.toContain("never typed");
      expect(said).toContain("Ctrl-] leaves to the host");
      expect(said).toMatch(/<raw true>[\s\S]*<raw false>/);
      expect(said).toMatch(/kintsugi: .*paper: nothing was printed\n$/);
    } finally {
      child.kill();
      rmSync(folder, { recursive: true });
    }
  });
});
