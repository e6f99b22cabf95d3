import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { guests } from "../../apps/programs/src/index.ts";
import { symbols } from "../../packages/arc-framework/src/elf/symbols.ts";
import * as ART from "../../packages/arc-framework/src/protocol/art.ts";
import { PARALLEL_WRITE, SERIAL_READ, SERIAL_WRITE } from "../../packages/arc-framework/src/protocol/driver.ts";
import { P3_EXIT, P3_PANIC } from "../../packages/arc-framework/src/protocol/p3.ts";
import * as REC from "../../packages/arc-framework/src/protocol/recovery-record.ts";
import * as S from "../../packages/arc-framework/src/protocol/status.ts";
import { FAILURE_EXCEPTION, FAILURE_PAGE_FAULT } from "../../packages/microkernel/src/api/restart-page.ts";
import { GuestRig } from "./guest-rig.ts";
import { packText, unpackText } from "./packed-text.ts";
import { type Answer, PAGER, type RigDevices } from "./rig-surroundings.ts";

const SERIAL = 0x300001;
const PRINTER = 0x304001;
const NOTHING: RigDevices = {
  ports: { read: () => 0xff, write: () => {} },
  takeInterrupt: () => -1,
  acknowledge: () => {},
  idle: () => false,
  advance: () => {},
};

/** Text as ART and P3 send it, ended by a NUL. */
const pack = (text: string): number[] => packText(`${text}\0`);
const unpack = (words: readonly number[], count: number = words.length * 4): string =>
  unpackText(words, count).split("\0")[0]!;
const withText = (words: readonly number[], text: string): number[] => [S.STATUS_OK, ...words, ...pack(text)];

interface Session {
  output: string;
  readonly paper: string[];
  readonly log: string[];
  readonly traps: [number, number][];
  exitStatus: number;
}

const FILES = [
  { name: "hello", size: 5 },
  { name: "text", size: 300 },
];

/** Runs a program between a serial server that types `typed`, a printer, and an ART with two files and a process. */
function run(name: string, typed: readonly string[], args: readonly string[] = [name], reset = ""): Session {
  const input = [...typed];
  const session: Session = { output: "", paper: [], log: [], traps: [], exitStatus: -1 };
  const art = (label: number, words: readonly number[]): readonly number[] | null => {
    const [first, second] = words as [number, number];
    switch (label) {
      case ART.ART_LOOKUP: {
        const id = { serial: SERIAL, parallel: PRINTER }[unpack(words)];
        return id === undefined ? [S.STATUS_NOT_FOUND] : [S.STATUS_OK, id];
      }
      case ART.ART_BOOT_INFO:
        return withText([reset === "" ? 0 : 1], reset);
      case ART.ART_EXECUTE:
        session.log.push(`execute ${unpack(words)}`);
        if (unpack(words).startsWith("bad")) return [S.STATUS_BAD_PROGRAM, ...pack("no ELF file")];
        return unpack(words).startsWith("hello") ? [S.STATUS_OK, 7] : [S.STATUS_NOT_FOUND];
      case ART.ART_WAIT:
        return [S.STATUS_OK, 0, session.log.at(-1)!.endsWith("crash") ? FAILURE_PAGE_FAULT : 0, 6, 0x10];
      case ART.ART_PROCESS_INFO:
        return first > 0 ? [S.STATUS_NOT_FOUND] : withText([3, SERIAL, PAGER, 6, 2, 9, 1], "serial");
      case ART.ART_KILL:
        return [first === 3 ? S.STATUS_OK : S.STATUS_NOT_FOUND];
      case ART.ART_FILE_INFO:
        return FILES[first] ? withText([FILES[first].size], FILES[first].name) : [S.STATUS_NOT_FOUND];
      case ART.ART_FILE_FIND: {
        const index = FILES.findIndex((file) => file.name === unpack(words));
        return index < 0 ? [S.STATUS_NOT_FOUND] : [S.STATUS_OK, index, FILES[index]!.size];
      }
      case ART.ART_FILE_READ: {
        const count = Math.min(ART.ART_BYTES_PER_READ, FILES[first]!.size - second);
        return [S.STATUS_OK, count, ...pack("x".repeat(count))];
      }
      case ART.ART_RECOVERY_INFO: {
        if (first > 0) return [S.STATUS_NOT_FOUND];
        const record = Array.from({ length: REC.RECOVERY_NAME - 1 }, (_, i) => (i < 5 ? 0 : 100 + i));
        record[REC.RECOVERY_PID - 1] = 3;
        record[REC.RECOVERY_KIND - 1] = FAILURE_EXCEPTION;
        record[REC.RECOVERY_ACTION - 1] = REC.ACTION_HOT;
        return withText(record, "serial");
      }
      case ART.ART_POWER_OFF:
      case P3_EXIT:
        session.exitStatus = first;
        return null;
      default:
        throw new Error(`unknown label 0x${label.toString(16)}`);
    }
  };
  const rig = new GuestRig(new Uint8Array(readFileSync(guests[name]!)), () => NOTHING, {
    args,
    debugger: (eax, ecx) => session.traps.push([eax, ecx]),
    answer: (to, label, words) => {
      if (to === PAGER) return art(label, words);
      if (label === SERIAL_READ) {
        const text = input.shift();
        return text === undefined ? null : withText([text.length], text);
      }
      const text = unpack(words.slice(1), words[0]);
      if (label === SERIAL_WRITE) session.output += text;
      else if (label === PARALLEL_WRITE) session.paper.push(text);
      return [S.STATUS_OK, words[0]!];
    },
  });
  rig.run();
  return session;
}

/** What msh says to one line, without banner, echo and the next prompt. */
function say(line: string): string {
  const { output } = run("msh", [`${line}\r`]);
  const echoed = `msh% ${line}\r\n`;
  return output.slice(output.indexOf(echoed) + echoed.length).replace(/msh% $/, "");
}

describe("hello", () => {
  it("greets and repeats its arguments", () => {
    expect(run("hello", [])).toMatchObject({ output: "Hello, world!\r\n", exitStatus: 0 });
    expect(run("hello", [], ["hello", "a", "bc"]).output).toBe("Hello, world! I was given: a bc\r\n");
  });
});

describe("a server without recovery of its own", () => {
  it("answers what was open when it lost its memory with FAILED, and the next request as its first", () => {
    const rig = new GuestRig(new Uint8Array(readFileSync(guests["echo-server"]!)), () => NOTHING);
    const client = rig.addClient([11, 22, 33].map((word) => ({ label: 0x710, words: [word] })));
    while (client.replies.length < 1) rig.run([], 1);
    rig.run([], 60); // into the second request
    rig.coldRestart();
    rig.run();
    expect(client.replies).toEqual([[S.STATUS_OK, 1, 11], [S.STATUS_FAILED], [S.STATUS_OK, 1, 33]]);
  });
});

describe("failing code, which every program has", () => {
  const elf = new Uint8Array(readFileSync(guests.hello!));
  const table = symbols(elf)._unsafeUnwrap();
  const fail = (name: string, answer: Answer = () => null): void => {
    const rig = new GuestRig(elf, () => NOTHING, { answer });
    rig.run([], 100);
    rig.redirect(table.find((symbol) => symbol.name === name)!.address);
    rig.run([], 1000);
  };

  it.each([
    ["arc_fault_wild_store", "page fault at 0x10 "],
    ["arc_fault_divide", "exception 0 "],
    ["arc_fault_ud2", "exception 6 "],
  ])("%s fails as its name says", (name, failure) => {
    expect(() => fail(name)).toThrow(`the program failed by itself: ${failure}`);
  });

  it("arc_fault_text_store writes into itself", () => {
    const { address } = table.find(({ name }) => name === "arc_fault_text_store")!;
    expect(() => fail("arc_fault_text_store")).toThrow(`page fault at 0x${address.toString(16)}`);
  });

  it("arc_fault_panic tells P3", () => {
    const calls: [number, string][] = [];
    fail("arc_fault_panic", (_to, label, words) => {
      calls.push([label, unpack(words)]);
      return null;
    });
    expect(calls.at(-1)).toEqual([P3_PANIC, "crash requested"]);
  });

  it("arc_fault_hang stays where it is", () => {
    expect(() => fail("arc_fault_hang")).not.toThrow();
  });
});

describe("msh", () => {
  it("shows its banner and prompt", () => {
    const { output } = run("msh", []);
    expect(output).toBe("Arc operating system, version 0.1\r\nWelcome to Arc Micro Shell. Enjoy!\r\nmsh% ");
  });

  it("says why the machine was reset", () => {
    expect(run("msh", [], ["msh"], "ART died").output).toMatch(/^The machine was reset: ART died\r\nArc operating/);
  });

  it("edits a line: backspace, Ctrl-C, lines in one piece or byte by byte", () => {
    expect(run("msh", ["lx\x7f\b\b", "l", "s", "\r"]).output).toContain("lx\b \b\b \bls\r\n       5 hello\r\n");
    expect(run("msh", ["nonsense\x03help\r"]).output).toContain("nonsense^C\r\nmsh% help\r\nhelp ");
    expect(run("msh", ["ls\r\nls\n"]).output.split("hello").length).toBe(3);
    expect(run("msh", [`${"y".repeat(220)}`, `${"y".repeat(20)}\r`]).output).toContain(
      `msh: no command '${"y".repeat(199)}'`,
    );
  });

  it("switches the machine off at Ctrl-D on an empty line, and not on another", () => {
    expect(run("msh", ["\x04"]).exitStatus).toBe(0);
    expect(run("msh", ["ls\x04\r", "poweroff 7\r"]).exitStatus).toBe(7);
  });

  it("lists processes and files", () => {
    expect(say("ps")).toBe(
      "PID NAME             STATE     PAGER    RESTARTS MEMORY\r\n" +
        "  3 serial           waiting   00208001        2  36 KiB server\r\n",
    );
    expect(say("ls")).toBe("       5 hello\r\n     300 text\r\n");
  });

  it("runs programs and says how they end", () => {
    expect(run("msh", ["run  hello a  b \r"]).log).toEqual(["execute hello a  b"]);
    expect(say("run hello")).toBe("");
    expect(say("run hello crash")).toBe("hello: page fault at 0x00000010 (write)\r\n");
    expect(say("run bad")).toBe("run: bad: no ELF file\r\n");
    expect(say("run nobody")).toBe("run: nobody: there is none of that name or number\r\n");
  });

  it("prints files in pieces and checks the replies", () => {
    const { output, paper } = run("msh", ["print text\r"]);
    expect(output).toContain("300 bytes printed\r\n");
    expect(paper.map(({ length }) => length)).toEqual([232, 68]);
  });

  it("asks the debugger for crashes, by kind", () => {
    const kinds = ["page-fault", "divide", "undefined", "panic", "hang", "text-write"];
    const { traps } = run(
      "msh",
      kinds.map((kind) => `crash parallel ${kind}\r`),
    );
    expect(traps).toEqual(kinds.map((_, i) => [PRINTER, i + 1]));
  });

  it("shows recoveries step by step", () => {
    const text = say("timeline");
    expect(text).toContain("serial (pid 3): divide error (exception 0): hot restart\r\n");
    expect(text).toContain("  detect               105       1.06    107\r\n");
    expect(text.split("\r\n")).toHaveLength(12);
  });

  it.each([
    ["frobnicate", "msh: no command 'frobnicate'; help lists them"],
    ["run", "run: which program? usage: run PROGRAM [ARGS]; ls lists the files"],
    ["kill", "kill: which process? usage: kill PID; ps lists them"],
    ["kill x", "kill: which process? usage: kill PID; ps lists them"],
    ["kill 99999999999", "kill: which process? usage: kill PID; ps lists them"],
    ["kill 9", "kill: 9: there is none of that name or number"],
    ["print", "print: which file? usage: print FILE; ls lists them"],
    ["print nothing", "print: nothing: there is none of that name or number"],
    ["crash parallel", "crash: whom, and how? usage: crash SERVER page-fault|divide|undefined|panic|hang|text-write"],
    ["crash nobody panic", "crash: nobody: there is none of that name or number"],
    ["poweroff 256", "poweroff: the exit code is a number from 0 to 255; usage: poweroff [CODE]"],
    ["timeline x", "timeline: how many? usage: timeline [COUNT]"],
  ])("answers '%s' in one line", (line, text) => {
    expect(say(line)).toBe(`${text}\r\n`);
  });
});
