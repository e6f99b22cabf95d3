import { spawn, spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { EXIT_DEADLOCK, EXIT_DIFFERS, EXIT_LIMIT } from "../src/commands/exit-codes.ts";
import { Random } from "../src/random.ts";
import type { InputEntry } from "../src/run/input-log.ts";
import { PersonOperator, ReplayOperator } from "../src/run/operator.ts";
import { Run } from "../src/run/run.ts";
import { modulesWith } from "./campaign.ts";
import { Rig } from "./rig.ts";
import { SEED } from "./tier.ts";

const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const FOLDER = mkdtempSync(join(tmpdir(), "kintsugi-"));
const path = (name: string): string => join(FOLDER, name);

function file(name: string, text: string): string {
  writeFileSync(path(name), text);
  return path(name);
}

/** Runs the command with `input` as its stdin. */
function kintsugi(
  words: readonly string[],
  input = "",
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [MAIN, ...words], { stdio: "pipe" });
  const result = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text) => (result.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (result.stderr += text));
  child.stdin.end(input);
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, ...result })));
}

describe("a run", () => {
  const letter = file("letter", "Dear reader,\nnothing was lost.\n");
  const common = ["--file", `letter=${letter}`, "--memory", "24", "--paper", path("paper.txt")];
  const script = file(
    "script",
    "help\nprint letter\ncrash parallel page-fault\nprint letter\nps\ntimeline\npoweroff 9\n",
  );

  it("with the same seed and script is the same in every event, its figures and its hash", async () => {
    const words = ["boot", "--script", script, "--json", "--seed", "5", ...common];
    const [first, second] = [await kintsugi(words), await kintsugi(words)];
    expect(first).toMatchObject({ code: 9, stderr: "" });
    expect(second).toEqual(first);
    const events = first.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(events.at(-1)).toMatchObject({
      event: "end",
      reason: "powerOff",
      code: 9,
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(readFileSync(path("paper.txt"), "utf8")).toBe("Dear reader,\nnothing was lost.\n".repeat(2));
    expect(events).toContainEqual(expect.objectContaining({ event: "injected", crash: "page-fault" }));
    expect(events).toContainEqual(expect.objectContaining({ event: "detected", detector: "outside-areas" }));
    const other = await kintsugi(["boot", "--script", script, "--json", "--seed", "6", ...common]);
    expect(JSON.parse(other.stdout.trimEnd().split("\n").at(-1) as string).hash).not.toBe(events.at(-1).hash);
  });

  it("is replayed from its log, and a replay that differs says so", async () => {
    const log = path("run.log");
    const recorded = await kintsugi(["boot", "--script", script, "--record", log, ...common]);
    expect(recorded.code).toBe(9);
    const files = ["--file", `letter=${letter}`, "--paper", path("paper.txt")];
    const replayed = await kintsugi(["boot", "--replay", log, ...files]);
    expect(replayed).toMatchObject({ code: 9, stdout: recorded.stdout, stderr: expect.stringContaining("agrees") });
    const text = readFileSync(log, "utf8");
    const changed = file("changed.log", text.replace(/"hash":"./, '"hash":"x'));
    expect(await kintsugi(["boot", "--replay", changed, ...files])).toMatchObject({ code: EXIT_DIFFERS });
    expect(await kintsugi(["boot", "--replay", log])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("other programs"),
    });
  });

  it("that a person typed into at odd times is replayed bit for bit", () => {
    const random = new Random(SEED + 3);
    const modules = modulesWith("exact", { letter: new TextEncoder().encode("sixteen letters!") });
    const person = new Rig({ modules });
    const log: InputEntry[] = [];
    const run = new Run(person.machine, new PersonOperator(), Number.POSITIVE_INFINITY, (entry) => log.push(entry));
    for (const key of "print letter\rps\r\x08hel\x08\x08\x03run hello\rcrash parallel hang\rprint letter\r") {
      for (let slices = random.below(4); slices > 0; slices--) run.slice(1 + random.below(3_000_000));
      run.type(Uint8Array.of(key.charCodeAt(0)));
    }
    while (run.slice(1_000_000) === "running");
    run.leave();
    const again = new Rig({ modules });
    const replay = new Run(again.machine, new ReplayOperator(log), Number.POSITIVE_INFINITY, () => {});
    while (replay.slice(1e9) === "running");
    expect(replay.end).toEqual({ reason: "left" });
    expect(again.output).toBe(person.output);
    expect(again.machine.cycles).toBe(person.machine.cycles);
    expect(again.hash).toBe(person.hash);
  });

  it("that nobody ends is a deadlock, and one that is too long reaches its limit", async () => {
    const open = file("open", "help\n");
    expect(await kintsugi(["boot", "--script", open, ...common])).toMatchObject({
      code: EXIT_DEADLOCK,
      stderr: expect.stringMatching(/deadlock .*'help'.*poweroff/),
    });
    expect(await kintsugi(["boot", "--limit", "0.0001", ...common])).toMatchObject({
      code: EXIT_LIMIT,
      stderr: expect.stringContaining("--limit"),
    });
  });

  it("at a pipe instead of a terminal types line by line and is left at the end", async () => {
    const left = await kintsugi(["start", ...common], "run hello there\n");
    expect(left).toMatchObject({ code: 0, stderr: expect.stringMatching(/left the machine after .* virtual seconds/) });
    expect(left.stdout).toContain("there");
    expect((await kintsugi(["start", ...common], "poweroff 4\n")).code).toBe(4);
  });

  it("with a file as stdin types its lines, a last one without its newline too, and neither NUL nor noise stops it", () => {
    const typed = file("typed", "help\n\0\x1d\xff\nrun hello file\npoweroff 4");
    const stdin = openSync(typed, "r");
    const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, "start", ...common], {
      encoding: "utf8",
      stdio: [stdin, "pipe", "pipe"],
    });
    closeSync(stdin);
    expect({ status, stderr }).toEqual({ status: 4, stderr: expect.stringContaining("the machine is off") });
    expect(stdout).toContain("I was given: file");
  });
});
