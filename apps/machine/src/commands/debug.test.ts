import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { guests } from "@kintsugi/drivers";
import { afterAll, describe, expect, it } from "vitest";
import { latin1, packet } from "../gdb/packet.ts";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));
const DRIVER = fileURLToPath(guests["parallel-exact"]);
const HAS_GDB = spawnSync("gdb", ["--version"]).status === 0;
const LETTER = "Nobody notices.\n";

const folder = mkdtempSync(join(tmpdir(), "kintsugi-gdb-"));
afterAll(() => rmSync(folder, { recursive: true }));

interface Booted {
  readonly port: number;
  readonly paper: string;
  /** Exit code and what the serial line showed. */
  readonly ended: Promise<{ readonly code: number | null; readonly output: string }>;
}

/** A machine that prints a letter, powers off with code 7, and waits for GDB at the driver's first instruction. */
async function boot(name: string): Promise<Booted> {
  const path = (kind: string): string => join(folder, `${name}.${kind}`);
  writeFileSync(path("script"), "print letter\npoweroff 7\n");
  writeFileSync(path("letter"), LETTER);
  const files = ["--script", path("script"), "--file", `letter=${path("letter")}`, "--paper", path("paper")];
  const child: ChildProcess = spawn(process.execPath, [MAIN, "boot", "--gdb", "0", ...files]);
  let output = "";
  child.stdout?.on("data", (bytes) => {
    output += bytes;
  });
  const ended = new Promise<{ code: number | null; output: string }>((resolve) => {
    child.on("close", (code) => resolve({ code, output }));
  });
  const port = await new Promise<number>((resolve, reject) => {
    let said = "";
    child.stderr?.on("data", (bytes) => {
      said += bytes;
      const found = /localhost:(\d+)/.exec(said);
      if (found) resolve(Number(found[1]));
    });
    child.on("close", () => reject(new Error(said)));
  });
  return { port, paper: path("paper"), ended };
}

/** Sends pieces one after the other, each when the answer to the one before it has come, and gives all answers. */
function talk(port: number, pieces: readonly Uint8Array[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    const left = [...pieces];
    let heard = "";
    const next = (): void => {
      const piece = left.shift();
      if (piece === undefined) socket.end();
      else socket.write(piece);
    };
    socket.on("connect", next);
    socket.on("data", (bytes) => {
      heard += bytes.toString("latin1");
      if (/#[0-9a-f]{2}$|-$/.test(heard)) next();
    });
    socket.on("error", reject);
    socket.on("close", () => resolve(heard));
  });
}

describe("kintsugi boot --gdb", () => {
  it("survives nonsense, a debugger that hangs up, and goes on when let go: the print is exact", async () => {
    const machine = await boot("nonsense");
    const nonsense = ["$m#00", "\x00\xff}}$$$#zz", "$Z9,9,9#00"].map(latin1);
    const heard = await talk(machine.port, [...nonsense, packet("g"), packet("m,,"), packet("vCont;x"), packet("?")]);
    expect(heard).toMatch(/E01[\s\S]*E01[\s\S]*T05thread:1;/);
    expect(await machine.ended).toMatchObject({ code: 7, output: expect.stringContaining("16 bytes printed") });
    expect(readFileSync(machine.paper, "utf8")).toBe(LETTER);
  });

  it("refuses what cannot be meant", () => {
    const refused: readonly [string[], RegExp][] = [
      [["--gdb", "70000"], /--gdb wants a TCP port/],
      [["--gdb", "0", "--gdb-task", "nobody"], /--gdb-task wants one of serial, parallel, msh/],
      [["--gdb", "0", "--json"], /--json cannot go with --gdb/],
    ];
    for (const [words, message] of refused) {
      const { status, stderr } = spawnSync(process.execPath, [MAIN, "boot", ...words], { encoding: "utf8" });
      expect({ words, status }).toEqual({ words, status: 2 });
      expect(stderr).toMatch(message);
    }
  });

  if (HAS_GDB)
    it("lets GDB break at a C++ function, print persistent memory, step and let go: the print is exact", async () => {
      const machine = await boot("gdb");
      const commands = [
        `file ${DRIVER}`,
        `target remote localhost:${machine.port}`,
        "break ExactDriver::writeData",
        "continue",
        "print (int)'(anonymous namespace)::next'",
        "watch *(int*)&'(anonymous namespace)::next'",
        "continue",
        "continue",
        "delete",
        "rwatch *(int*)&'(anonymous namespace)::i'",
        "continue",
        "delete",
        "stepi",
        "stepi",
        "backtrace 2",
        "detach",
      ];
      const gdb = spawn("gdb", ["-nx", "-batch", ...commands.flatMap((command) => ["-ex", command])]);
      let said = "";
      for (const stream of [gdb.stdout, gdb.stderr]) stream.on("data", (bytes) => (said += bytes));
      await new Promise((resolve) => gdb.on("close", resolve));
      expect(said).toMatch(/Breakpoint 1, .*ExactDriver::writeData/);
      expect(said).toContain("$1 = 0");
      expect(said).toMatch(/Old value = 0\nNew value = 1[\s\S]*Old value = 1\nNew value = 2/);
      expect(said).toMatch(/Hardware read watchpoint 3[\s\S]*Value = /);
      expect(said).toMatch(/#0 .*writeData[\s\S]*detached/);
      expect(await machine.ended).toMatchObject({ code: 7, output: expect.stringContaining("16 bytes printed") });
      expect(readFileSync(machine.paper, "utf8")).toBe(LETTER);
    });
});
