/**
 * `kintsugi pc` and the outside world: COM1 on streams, typing, resets, snapshots, GDB.
 *
 * Here: a guest of a few instructions that echoes COM1. Not here: images and their errors (→ pc.test.ts).
 * Over 300 lines: one guest, and each way to reach it.
 * @module
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";

const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const HAS_GDB = spawnSync("gdb", ["--version"]).status === 0;
const folder = mkdtempSync(join(tmpdir(), "kintsugi-pc-serial-"));

const children: ChildProcess[] = [];

afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(folder, { recursive: true });
});

const LOAD = 0x100000;
const out = (port: number, value: number): number[] => [0x66, 0xba, port & 0xff, port >> 8, 0xb0, value, 0xee];
const text = (words: string): number[] => [...words].flatMap((character) => out(0x3f8, character.charCodeAt(0)));

/** A multiboot kernel of 32-bit code with the address fields; `name` is its file. */
function kernel(name: string, code: readonly number[]): string {
  const bytes = new Uint8Array(64 + code.length);
  const view = new DataView(bytes.buffer);
  const words = [0x1badb002, 0x10000, -(0x1badb002 + 0x10000), LOAD, LOAD, 0, 0, LOAD + 64];
  words.forEach((word, i) => {
    view.setUint32(4 * i, word, true);
  });
  bytes.set(code, 64);
  writeFileSync(join(folder, name), bytes);
  return join(folder, name);
}

/**
 * Says "go", then echoes what comes, waiting by HLT for the UART's interrupt with no other source of interrupts; "q" ends the
 * run through port f4. Interrupts of the 8259A go to vectors from 20 on; IRQ 4 is vector 24.
 */
function echo(): string {
  const handler = [0x50, 0xb0, 0x20, 0xe6, 0x20, 0x58, 0xcf]; // end of interrupt; iret
  const start = 64 + 7;
  const idt = 0x8000;
  const gate = (LOAD + 64) & 0xffff;
  const code = [
    ...[0xbc, 0x00, 0x70, 0x00, 0x00], // mov esp, 7000
    ...[0xc7, 0x05, idt & 0xff, idt >> 8, 0, 0, 0xf8, 0xff, 0, 0], // limit is in the upper word of [8000] …
    ...[0x66, 0xc7, 0x05, 0x00, 0x80, 0, 0, 0xff, 0x07], // … mov word [8000], 7ff
    ...[0xc7, 0x05, 0x02, 0x80, 0, 0, 0x00, 0x90, 0, 0], // mov dword [8002], 9000
    ...[0xc7, 0x05, 0x20, 0x91, 0, 0, gate & 0xff, gate >> 8, 0x10, 0x00], // mov dword [9120], 10:gate
    ...[0xc7, 0x05, 0x24, 0x91, 0, 0, 0x00, 0x8e, LOAD >>> 16, 0x00], // mov dword [9124], 00108e00
    ...[0x0f, 0x01, 0x1d, 0x00, 0x80, 0, 0], // lidt [8000]
    ...[...out(0x20, 0x11), ...out(0x21, 0x20), ...out(0x21, 4), ...out(0x21, 1), ...out(0x21, 0xef)],
    ...[...out(0x3fb, 0x83), ...out(0x3f8, 1), ...out(0x3f9, 0), ...out(0x3fb, 3)],
    ...[...out(0x3fa, 1), ...out(0x3f9, 1), ...out(0x3fc, 0x0b), ...text("go\n")],
    ...[0xfa, 0x66, 0xba, 0xfd, 0x03, 0xec, 0xa8, 0x01, 0x75, 0x04], // wait: cli; in al, lsr; test al, 1; jnz take
    ...[0xfb, 0xf4, 0xeb, 0xf2], // sti; hlt; jmp wait
    ...[0x66, 0xba, 0xf8, 0x03, 0xec, 0x3c, 0x71, 0x74, 0x03, 0xee, 0xeb, 0xe6], // take: in al; cmp al, 'q'; je; out; jmp wait
    ...[0xb0, 0x05, 0xe6, 0xf4, 0xf4], // out f4, 5
  ];
  return kernelAt("echo", [...handler, ...code], start);
}

/** A kernel whose entry is not its first byte. */
function kernelAt(name: string, code: readonly number[], entry: number): string {
  const path = kernel(name, code);
  const bytes = readFileSync(path);
  bytes.writeUInt32LE(LOAD + entry, 28);
  writeFileSync(path, bytes);
  return path;
}

const words = (...more: string[]): string[] =>
  more.includes("--restore") ? [MAIN, "pc", ...more] : [MAIN, "pc", "--memory", "16", ...more];

function kintsugi(input: string, ...more: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, words(...more), { encoding: "utf8", input, timeout: 120_000 });
}

function started(...more: string[]): {
  child: ChildProcess;
  said(what: RegExp): Promise<RegExpExecArray>;
  ended: Promise<number | null>;
} {
  const child = spawn(process.execPath, words(...more));
  children.push(child);
  let all = "";
  let wake = (): void => undefined;
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (bytes) => {
      all += bytes;
      wake();
    });
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  const said = async (what: RegExp): Promise<RegExpExecArray> => {
    for (;;) {
      const found = what.exec(all);
      if (found !== null) return found;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  return { child, said, ended };
}

/** Many processes on a busy host. */
const options = { timeout: 600_000 };

describe("COM1", options, () => {
  it("is stdin and stdout: what comes wakes a guest that has halted, and the end of stdin ends it", async () => {
    const { child, said, ended } = started("--kernel", echo());
    await said(/go\n/);
    child.stdin?.write("ab");
    await said(/go\nab/);
    child.stdin?.write("c");
    await said(/go\nabc/);
    child.stdin?.end();
    await said(/the guest halted for good/);
    expect(await ended).toBe(0);
    expect(kintsugi("xq", "--kernel", echo())).toMatchObject({ status: 11, stdout: "go\nx" });
  });

  it("is a TCP port: all bytes of any kind go through, also those sent before somebody came", async () => {
    const { said, ended } = started("--kernel", echo(), "--serial", "tcp:0");
    const [, port] = await said(/COM1 listens at localhost:(\d+)/);
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i).filter((byte) => byte !== 0x71);
    const session = async (send: Uint8Array, until: number): Promise<Buffer> => {
      const socket = connect(Number(port), "localhost");
      let got = Buffer.alloc(0);
      socket.write(send);
      await new Promise<void>((resolve) => {
        socket.on("close", () => resolve());
        socket.on("data", (chunk: Buffer) => {
          got = Buffer.concat([got, chunk]);
          if (got.length >= until) socket.end();
        });
      });
      return got;
    };
    expect(await session(bytes, 3 + bytes.length)).toEqual(Buffer.from([...Buffer.from("go\n"), ...bytes]));
    expect(await session(Buffer.from("again"), 5)).toEqual(Buffer.from("again"));
    await session(Buffer.from("q"), 1);
    expect(await ended).toBe(11);
  });

  it("is a file, and what cannot be is said", () => {
    const file = join(folder, "serial.txt");
    expect(kintsugi("", "--kernel", echo(), "--serial", file, "--type", "hello{Enter}q").status).toBe(11);
    expect(readFileSync(file, "latin1")).toBe("go\nhello\r");
    const cases: [string[], string][] = [
      [["--serial", "tcp:99999"], "--serial tcp: wants a port"],
      [["--serial", join(folder, "no/file")], "give stdio, tcp:PORT or a file"],
      [["--printer", join(folder, "no/file")], "--printer"],
      [["--type", "\\q"], "'\\q' is no escape"],
      [["--await", ""], "--await wants a text"],
      [["--save", "later=x"], "--save wants SECONDS=FILE"],
      [["--gdb", "70000"], "--gdb wants a TCP port"],
    ];
    for (const [more, answer] of cases)
      expect(kintsugi("", "--kernel", echo(), ...more)).toMatchObject({
        status: 2,
        stderr: expect.stringContaining(answer),
      });
  });
});

describe("a run", options, () => {
  it("types behind a text that was awaited, and is the same every time", () => {
    const script = ["--await", "go", "--type", "ab", "--await", "ab", "--type", "1.5=c", "--type", "q", "--json"];
    const first = kintsugi("", "--kernel", echo(), ...script);
    const end = JSON.parse(first.stdout.trim().split("\n").at(-1) as string);
    expect(end).toMatchObject({ event: "end", reason: "exit", code: 11 });
    expect([end.hash, end.instructions > 100]).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/), true]);
    expect(kintsugi("", "--kernel", echo(), ...script).stdout).toBe(first.stdout);
  });

  it("boots again when the guest resets the machine, unless it must not, and not for ever", () => {
    // Counts in CMOS byte 40, says it, resets by the keyboard controller until it is 3.
    const next = [
      ...out(0x3fb, 3),
      ...out(0x70, 0x40),
      0xe4,
      0x71,
      0xfe,
      0xc0,
      0xe6,
      0x71,
      0x04,
      0x30,
      0x66,
      0xba,
      0xf8,
      0x03,
      0xee,
    ];
    const thrice = kernel("thrice", [...next, 0x3c, 0x33, 0x74, 0x04, 0xb0, 0xfe, 0xe6, 0x64, 0xf4]);
    const run = kintsugi("", "--kernel", thrice);
    expect(run).toMatchObject({ status: 0, stdout: "123" });
    expect(run.stderr.match(/reset the machine by the keyboard controller/g)?.length).toBe(2);
    expect(kintsugi("", "--kernel", thrice, "--no-reboot")).toMatchObject({ status: 0, stdout: "1" });
    // lidt of a limit of 0, int3: a triple fault.
    const fault = kernel("fault", [0x31, 0xc0, 0xa3, 0x00, 0x80, 0, 0, 0x0f, 0x01, 0x1d, 0x00, 0x80, 0, 0, 0xcc]);
    expect(kintsugi("", "--kernel", fault, "--no-reboot").status).toBe(1);
    const endless = kintsugi("", "--kernel", fault);
    expect([endless.status, endless.stderr]).toEqual([
      6,
      expect.stringContaining("again and again, by a triple fault"),
    ]);
  });

  it("is saved, and goes on in another process with the same output and hash", () => {
    const file = join(folder, "echo.snapshot");
    const script = ["--type", "1=abc", "--type", "2=defq", "--json"];
    const whole = kintsugi("", "--kernel", echo(), ...script, "--save", `1.50001=${file}`);
    const rest = kintsugi("", "--restore", file, "--type", "2=defq", "--json");
    expect(rest.stdout.trim().split("\n").at(-1)).toBe(whole.stdout.trim().split("\n").at(-1));
    const texts = ({ stdout }: { stdout: string }): string =>
      [...stdout.matchAll(/"text":"([^"]*)"/g)].map((found) => found[1]).join("");
    expect([texts(whole), texts(rest)]).toEqual(["go\\nabcdef", "def"]);
    const refused: [string[], string][] = [
      [["--restore", echo()], "it is no snapshot of kintsugi pc"],
      [["--restore", join(folder, "none")], "there is no such file"],
      [["--restore", file, "--memory", "32"], "--memory cannot go with --restore"],
      [["--restore", file, "--append", "text"], "--append cannot go with --restore"],
      [["--restore", file, "--cdrom", MAIN], "whole 2048-byte sectors"],
    ];
    writeFileSync(join(folder, "cut"), readFileSync(file).subarray(0, 9000));
    refused.push([["--restore", join(folder, "cut")], "damaged or not whole"]);
    for (const [more, answer] of refused)
      expect(kintsugi("", ...more)).toMatchObject({ status: 2, stderr: expect.stringContaining(answer) });
  });

  it("starts as the kernels of kvm-unit-tests do: IA32_APIC_BASE, the APIC's number, one processor, port f4", () => {
    const code = [
      ...[0xb9, 0x1b, 0, 0, 0, 0x0f, 0x32, 0x80, 0xcc, 0x08, 0x0f, 0x30], // mov ecx, 1b; rdmsr; or ah, 8; wrmsr
      ...[0xc7, 0x05, 0xf0, 0x00, 0xe0, 0xfe, 0xff, 0x01, 0, 0], // mov dword [fee000f0], 1ff
      ...[0xa1, 0x20, 0x00, 0xe0, 0xfe, 0xc1, 0xe8, 0x18, 0x89, 0xc3], // mov eax, [fee00020]; shr eax, 24; mov ebx, eax
      ...[0x66, 0xba, 0x10, 0x05, 0x66, 0xb8, 0x05, 0x00, 0x66, 0xef, 0x42, 0xec], // out 510, 5; in al, 511
      ...[0x01, 0xd8, 0xe6, 0xf4, 0xf4], // add eax, ebx; out f4, al
    ];
    expect(kintsugi("", "--kernel", kernel("unit-test", code)).status).toBe(3);
  });

  it("shows a text screen without a BIOS, and ends when it has a text", () => {
    const put = [..."Hi!"].flatMap((c, i) => [0x66, 0xc7, 0x05, 2 * i, 0x80, 0x0b, 0, c.charCodeAt(0), 0x1f]);
    const shows = kernel("shows", [...put, 0xf4]);
    const file = join(folder, "screen.png");
    expect(kintsugi("", "--kernel", shows, "--screenshot", `1=${file}`, "--until-screen", "Hi!").status).toBe(0);
    expect(existsSync(file)).toBe(false); // it had ended by then
    expect(kintsugi("", "--kernel", shows, "--screenshot", `1=${file}`).status).toBe(0);
    expect(readFileSync(file).subarray(1, 4).toString()).toBe("PNG");
    expect(kintsugi("", "--kernel", shows, "--until-screen", "Hello")).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("'Hello' never came"),
    });
  });
});

if (HAS_GDB)
  describe("GDB", options, () => {
    it("breaks, watches, steps and sees every register of a PC", async () => {
      const { said, ended } = started("--kernel", echo(), "--gdb", "0", "--type", "xq");
      const [, port] = await said(/target remote localhost:(\d+)/);
      const commands = [
        `target remote localhost:${port}`,
        "info registers eip cr0 cs",
        "stepi",
        "print $esp",
        "watch *(int*)0x9124",
        "continue",
        "delete",
        `hbreak *${LOAD + 64}`,
        `break *${LOAD + 64 + 6}`,
        "continue",
        "print $xmm0.uint128",
        "print $st0",
        "print $mxcsr",
        "x/1wx 0x9120",
        "continue",
        "delete",
        "set var *(char*)0x9000 = 7",
        "x/1bx 0x9000",
        "detach",
      ];
      const gdb = spawn("gdb", ["-nx", "-batch", ...commands.flatMap((command) => ["-ex", command])]);
      let output = "";
      for (const stream of [gdb.stdout, gdb.stderr]) stream.on("data", (bytes) => (output += bytes));
      await new Promise((resolve) => gdb.on("close", resolve));
      expect(output).toMatch(/eip +0x100047[\s\S]*cr0 +0x11[\s\S]*cs +0x10/);
      expect(output).toMatch(/\$1 = \(void \*\) 0x7000/);
      expect(output).toMatch(/Old value = 0\s+New value = 1084928/);
      expect(output).toMatch(/Breakpoint 2, 0x00100040/);
      expect(output).toMatch(/\$2 = 0\s+\$3 = 0\s+\$4 = 8064/);
      expect(output).toContain("0x9120:\t0x00100040");
      expect(output).toMatch(/Breakpoint 3, 0x00100046/);
      expect(output).toContain("0x9000:\t0x07");
      expect(await ended).toBe(11);
    });
  });
