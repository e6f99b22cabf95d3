import { existsSync, readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { reasonToSkip } from "./differences.ts";
import { MOO_REGISTERS, type MooRegisters, readMoo } from "./format.ts";
import { MooMachine } from "./machine.ts";

/** A MOO file of one test, as FORMAT 1.1 has it. */
function mooFile(bytes: number[], initial: MooRegisters, final: Partial<MooRegisters>): Uint8Array {
  const u16 = (value: number): number[] => [value & 0xff, value >>> 8];
  const u32 = (value: number): number[] => [...u16(value & 0xffff), ...u16(value >>> 16)];
  const chunk = (type: string, data: number[]): number[] => [...Buffer.from(type), ...u32(data.length), ...data];
  const registers = (values: Partial<MooRegisters>): number[] => {
    const present = MOO_REGISTERS.filter((name) => values[name] !== undefined);
    const mask = present.reduce((bits, name) => bits | (1 << MOO_REGISTERS.indexOf(name)), 0);
    return chunk("REGS", [...u16(mask), ...present.flatMap((name) => u16(values[name] ?? 0))]);
  };
  const at = initial.cs * 16 + initial.ip;
  const ram = chunk("RAM ", [...u32(bytes.length), ...bytes.flatMap((byte, i) => [...u32(at + i), byte])]);
  const none = chunk("RAM ", u32(0));
  return Uint8Array.from([
    ...chunk("MOO ", [1, 1, 0, 0, ...u32(1), ...Buffer.from("C286")]),
    ...chunk("TEST", [
      ...u32(7),
      ...chunk("NAME", [...u32(3), ...Buffer.from("inc")]),
      ...chunk("BYTS", [...u32(bytes.length), ...bytes]),
      ...chunk("INIT", [...registers(initial), ...ram]),
      ...chunk("FINA", [...registers(final), ...none]),
      ...chunk("HASH", new Array(20).fill(0)),
    ]),
  ]);
}

const zero = Object.fromEntries(MOO_REGISTERS.map((name) => [name, 0])) as unknown as MooRegisters;
const initial = { ...zero, cs: 0x100, ip: 0x10, ax: 0xffff };

test("a file of known bytes is read whole, and its test holds", () => {
  const [only] = readMoo(mooFile([0x40, 0xf4], initial, { ax: 0, ip: 0x12, flags: 0x56 }));
  expect(only).toMatchObject({ index: 7, name: "inc", exception: null, final: { registers: { ax: 0 } } });
  expect(new MooMachine().check(only, 0xffff)).toEqual([]);
});

test("what differs is told", () => {
  const [only] = readMoo(mooFile([0x40, 0xf4], initial, { ax: 1, ip: 0x12, flags: 0x56 }));
  expect(new MooMachine().check(only, 0xffff)).toEqual(["ax: expected 1, got 0"]);
});

test("a chunk longer than its file is refused, and so is another file", () => {
  const file = mooFile([0x40, 0xf4], initial, {});
  expect(() => readMoo(file.subarray(0, file.length - 1))).toThrow(RangeError);
  expect(() => readMoo(file.subarray(20))).toThrow(RangeError);
});

/** A directory of SingleStepTests/80286 v1_real_mode files, which are not ours to keep here. */
const directory = process.env.KINTSUGI_MOO ?? "";

if (existsSync(directory))
  test("every recorded real-mode test holds after the documented differences", () => {
    const { opcodes } = JSON.parse(readFileSync(`${directory}/metadata.json`, "utf8"));
    const machine = new MooMachine();
    const failures: string[] = [];
    for (const file of readdirSync(directory).filter((name) => name.endsWith(".MOO.gz"))) {
      const [opcode, digit] = file.split(".");
      const entry = digit === "MOO" ? opcodes[opcode] : opcodes[opcode].reg[digit];
      for (const recorded of readMoo(readFileSync(`${directory}/${file}`))) {
        const wrong = reasonToSkip(recorded) === null ? machine.check(recorded, entry["flags-mask"] ?? 0xffff) : [];
        if (wrong.length > 0) failures.push(`${file} ${recorded.index} ${recorded.name}: ${wrong.join("; ")}`);
      }
    }
    expect(failures).toEqual([]);
  }, 300_000);
