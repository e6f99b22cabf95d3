/**
 * A whole PC: it stops, is saved and goes on elsewhere, is reset, is looked at.
 *
 * Here: programs of a few instructions in a ROM. Not here: systems from elsewhere (→ test/pc.test.ts, test/foreign/).
 * Over 300 lines: each thing that a whole machine does.
 * @module
 */
import { EAX, EBX, EFLAGS, EIP } from "@kintsugi/ia32";
import { describe, expect, it } from "vitest";
import { PcTarget } from "../gdb/pc-target.ts";
import type { Stop } from "../gdb/target.ts";
import { canonical } from "../hash.ts";
import { type PcConfiguration, PcMachine, type PcSnapshot } from "./pc-machine.ts";
import { decodeSnapshot, encodeSnapshot } from "./snapshot-file.ts";

const MIB = 1 << 20;
const START = 0xe000;
const outputs = { serial: () => undefined, console: () => undefined, paper: () => undefined };

/** A ROM of 64 KiB that ends at 1 MiB and at 4 GiB: jumps to F000:E000, where `code` is. */
function configuration(code: readonly number[]): PcConfiguration {
  const bytes = new Uint8Array(0x10000).fill(0xf4);
  bytes.set(code, START);
  bytes.set([0xea, START & 0xff, START >> 8, 0x00, 0xf0], 0xfff0);
  const time = { year: 2026, month: 1, day: 1, dayOfWeek: 5, hour: 0, minute: 0, second: 0 };
  const firmware = { bios: null, videoBios: null, roms: [{ address: 0xf0000, bytes }] };
  return { memory: MIB, model: "pentium4", ...firmware, disk: null, disc: null, time, bootOrder: [] };
}

const out = (port: number, value: number): number[] => [0xba, port & 0xff, port >> 8, 0xb0, value, 0xee];

/** The 8259A with vectors from 8 on, interrupt 0 open; the 8254 interrupts every 1,000 counts; INT 8 counts in BX. */
const TICKING = [
  ...[...out(0x20, 0x11), ...out(0x21, 8), ...out(0x21, 4), ...out(0x21, 1), ...out(0x21, 0xfe)],
  ...[...out(0x43, 0x34), ...out(0x40, 1000 & 0xff), ...out(0x40, 1000 >> 8)],
  ...[0x31, 0xc0, 0x8e, 0xd8, 0x8e, 0xd0, 0xbc, 0x00, 0x70], // xor ax, ax; mov ds, ax; mov ss, ax; mov sp, 7000
  ...[0xc7, 0x06, 0x20, 0x00, 0x00, 0xe1, 0xc7, 0x06, 0x22, 0x00, 0x00, 0xf0], // INT 8: F000:E100
  ...[0xfb, 0x40, 0xeb, 0xfd], // sti; inc ax; jmp back
];
const HANDLER = [0x43, 0x50, 0xb0, 0x20, 0xe6, 0x20, 0x58, 0xcf]; // inc bx; push ax; end of interrupt; pop ax; iret

function ticking(): PcConfiguration {
  const made = configuration(TICKING);
  made.roms[0].bytes.set(HANDLER, START + 0x100);
  return made;
}

function snapshotOf({ state, memory, video }: PcMachine): PcSnapshot {
  return { state: JSON.parse(JSON.stringify(state)), ram: memory.ram.slice(), video: video.slice() };
}

const stateOf = (machine: PcMachine): string => canonical(machine.state);

describe("a PC", () => {
  it("goes on from a snapshot as if nothing had happened, wherever it was taken", () => {
    const whole = new PcMachine(ticking(), outputs);
    whole.run(2_000_000);
    expect(whole.processor.registers[EBX]).toBeGreaterThan(20);
    for (const at of [1, 50, 100_001, 1_234_567]) {
      const first = new PcMachine(ticking(), outputs);
      first.run(at);
      const second = new PcMachine(ticking(), outputs, snapshotOf(first));
      second.run(2_000_000);
      expect(stateOf(second) === stateOf(whole)).toBe(true);
      expect(Buffer.from(second.memory.ram).equals(whole.memory.ram)).toBe(true);
    }
  });

  it("turns an x87 error into interrupt 13, whose handler may use the x87 once port f0 has been written", () => {
    const [KEY, WORD] = [0x75, (value: number) => [value & 0xff, value >> 8]];
    const store = (at: number, value: number): number[] => [0xc7, 0x06, ...WORD(at), ...WORD(value)];
    const made = configuration([
      ...[0x31, 0xc0, 0x8e, 0xd8, 0x8e, 0xd0, 0xbc, 0x00, 0x70], // xor ax, ax; mov ds, ax; mov ss, ax; mov sp, 7000
      ...[out(0x20, 0x11), out(0x21, 8), out(0x21, 4), out(0x21, 1), out(0x21, 0xfb)].flat(),
      ...[out(0xa0, 0x11), out(0xa1, 0x70), out(0xa1, 2), out(0xa1, 1), out(0xa1, 0xdf)].flat(),
      ...[...store(4 * KEY, START + 0x200), ...store(4 * KEY + 2, 0xf000), ...store(0x500, 0x37b)],
      ...[0xdb, 0xe3, 0xd9, 0x2e, 0x00, 0x05, 0xfb], // fninit; fldcw [500], which unmasks division by zero; sti
      ...[0xd9, 0xe8, 0xd9, 0xee, 0xde, 0xf9, 0x9b, 0xfa, 0xf4], // fld1; fldz; fdivp; fwait; cli; hlt
    ]);
    made.roms[0].bytes.set(
      [
        ...out(0xf0, 0),
        ...[0xdd, 0x3e, 0x00, 0x06], // fnstsw [600]
        ...[0xd9, 0xe8, 0xdd, 0xd8], // fld1; fstp st(0): waiting instructions, which do not wait
        ...[0xdb, 0xe2, 0xff, 0x06, 0x02, 0x06], // fnclex; inc word [602]
        ...[...out(0xa0, 0x20), ...out(0x20, 0x20), 0xcf],
      ],
      START + 0x200,
    );
    const machine = new PcMachine(made, outputs);
    machine.run(1_000_000);
    const { ram } = machine.memory;
    expect([ram[0x600] & 4, ram[0x602], machine.chips.floatError.state]).toEqual([
      4,
      1,
      { version: 1, ferr: false, ignne: false },
    ]);
  });

  it("is in a file whole, and a file that is not is refused", () => {
    const machine = new PcMachine(ticking(), outputs);
    machine.run(300_000);
    const { disk: _, disc: __, ...rest } = ticking();
    const boot = { kernel: Uint8Array.of(1), name: "k", append: "a", ramDisk: null, modules: [] };
    const snapshot = snapshotOf(machine);
    const file = encodeSnapshot({ configuration: rest, disks: { hda: 7, cdrom: null }, boot, snapshot });
    const read = decodeSnapshot(file)._unsafeUnwrap();
    const { roms, ...others } = read.configuration;
    expect([others.model, others.time, read.disks, read.boot?.append]).toEqual([
      rest.model,
      rest.time,
      { hda: 7, cdrom: null },
      "a",
    ]);
    expect([roms[0].address, Buffer.from(rest.roms[0].bytes).equals(roms[0].bytes)]).toEqual([0xf0000, true]);
    expect(canonical(read.snapshot.state)).toBe(stateOf(machine));
    expect(Buffer.from(read.snapshot.ram).equals(machine.memory.ram)).toBe(true);
    const wrong = (bytes: Uint8Array): string => decodeSnapshot(bytes)._unsafeUnwrapErr();
    expect(wrong(Uint8Array.of(1, 2, 3))).toContain("no snapshot");
    for (const length of [8, 12, 100, file.length - 1]) expect(wrong(file.subarray(0, length))).toContain("damaged");
    for (const at of [9, 200, file.length - 40]) {
      const damaged = file.slice();
      damaged[at] ^= 4;
      expect(wrong(damaged)).toContain("damaged");
    }
  });

  it("is reset by the keyboard controller, ports 92 and cf9 and a triple fault, and keeps RAM and CMOS", () => {
    const resets: [by: string, code: number[]][] = [
      ["the keyboard controller", out(0x64, 0xfe)],
      ["port 92", out(0x92, 1)],
      ["port cf9", out(0xcf9, 6)],
      ["a triple fault", [0x0f, 0x01, 0x1e, 0x00, 0x00, 0xcc]], // lidt of zeros; int3
    ];
    for (const [by, code] of resets) {
      // Counts starts in RAM and in CMOS byte 40, sends address line 20 to 0, sets the PIT going.
      const count = [0xfe, 0x06, 0x00, 0x50, ...out(0x70, 0x40), 0xa0, 0x00, 0x50, 0xe6, 0x71];
      const lidt = [0xc7, 0x06, 0x00, 0x00, 0x00, 0x00];
      const machine = new PcMachine(configuration([...count, ...out(0x43, 0x34), ...lidt, ...code, 0xf4]), outputs);
      const exit = machine.run(1_000_000);
      expect(exit).toEqual({ kind: "reset", by });
      machine.reset();
      expect(machine.programCounter).toBe(0xfffffff0);
      expect(machine.chips.state.pit).toEqual(new PcMachine(configuration([]), outputs).chips.state.pit);
      expect(machine.run(2_000_000)).toEqual({ kind: "reset", by });
      expect([machine.memory.ram[0x5000], machine.chips.state.rtc.memory[0x40]]).toEqual([2, 2]);
    }
  });

  it("takes interrupts of the local APIC beside those of the 8259A, and tells of one processor", () => {
    const made = configuration([0xfb, 0xf4, 0xeb, 0xfd]); // sti; hlt; jmp back
    made.roms[0].bytes.set([0x43, 0xcf], START + 0x100); // inc bx; iret
    const machine = new PcMachine(made, outputs);
    const { memory: bus, ports } = machine.chips;
    machine.memory.write32(4 * 0x42, 0xf0000000 | (START + 0x100));
    bus.write(0xfee000f0, 4, 0x1ff);
    bus.write(0xfee00300, 4, 0x40042);
    expect([machine.run(1000).kind, machine.processor.registers[EBX]]).toEqual(["halted", 1]);
    bus.write(0xfee00300, 4, 0x40042);
    machine.run(2000);
    expect(machine.processor.registers[EBX]).toBe(1); // still in service
    bus.write(0xfee000b0, 4, 0);
    machine.run(3000);
    expect(machine.processor.registers[EBX]).toBe(2);
    machine.memory.write32(4 * 2, 0xf0000000 | (START + 0x100));
    bus.write(0xfee00300, 4, 0x44400); // NMI to itself
    machine.run(4000);
    expect(machine.processor.registers[EBX]).toBe(3);
    ports.write(0x510, 2, 5);
    expect(ports.read(0x511, 1)).toBe(1);
  });

  it("has a BIOS in RAM behind it until writes by the processor or by DMA make a difference", () => {
    const { roms, ...made } = configuration([0xeb, 0xfe]);
    const sector = new Uint8Array(512).fill(9);
    const disk = { sectors: 1, read: () => sector, write: () => undefined, flush: () => undefined };
    const videoBios = Uint8Array.of(0x55, 0xaa);
    const withBios: PcConfiguration = { ...made, roms: [], bios: roms[0].bytes, videoBios, disk };
    const machine = new PcMachine(withBios, outputs);
    const { memory } = machine;
    const port = (at: number, size: 1 | 2 | 4, value: number): void => machine.chips.ports.write(at, size, value);
    const pci = (register: number, size: 1 | 2 | 4, value: number): void => {
      port(0xcf8, 4, 0x80000000 | register);
      port(0xcfc + (register & 3), size, value);
    };
    const read = (): number[] => [memory.read8(0xfe000), memory.ram[0xfe000], memory.read8(0xffff0)];
    memory.write8(0xfe000, 1);
    expect(read()).toEqual([0xeb, 0xeb, 0xea]);
    expect([0xc0000, 0xc0001, 0xc0002].map((at) => memory.read8(at))).toEqual([0x55, 0xaa, 0xff]);
    pci(0x59, 1, 0x20); // PAM0: reads from ROM, writes to RAM
    memory.write8(0xfe000, 2);
    expect(read()).toEqual([0xeb, 2, 0xea]);
    pci(0x59, 1, 0x30);
    expect(read()).toEqual([2, 2, 0xea]);
    expect(new PcMachine(withBios, outputs, snapshotOf(machine)).memory.read8(0xfe000)).toBe(2);
    machine.reset();
    expect(read()).toEqual([0xeb, 2, 0xea]);

    const other = new PcMachine(withBios, outputs);
    const drive = other.chips.ports;
    const entry = [0x00, 0xe0, 0x0f, 0x00, 0x00, 0x02, 0x00, 0x80]; // 512 bytes to fe000, the last
    other.memory.writeBytes(0x1000, Uint8Array.from(entry));
    drive.write(0xcf8, 4, 0x80000920);
    drive.write(0xcfc, 4, 0xc001);
    drive.write(0xcf8, 4, 0x80000904);
    drive.write(0xcfc, 2, 5);
    drive.write(0xc004, 4, 0x1000);
    for (const [at, value] of [0xe0, 1, 0, 0, 0].map((value, i) => [i === 0 ? 0x1f6 : 0x1f1 + i, value]))
      drive.write(at, 1, value);
    drive.write(0x1f7, 1, 0xc8);
    drive.write(0xc000, 1, 9);
    for (let at = 1000; other.memory.ram[0xfe000] !== 9 && at < 100_000; at += 1000) other.run(at);
    expect([other.memory.ram[0xfe000], other.memory.read8(0xfe000)]).toEqual([9, 0xeb]);
  });

  it("that halts with nothing to wake it says whether input could", () => {
    expect(new PcMachine(configuration([0xfb, 0xf4]), outputs).run(1e9)).toEqual({
      kind: "halted",
      interruptible: true,
    });
    expect(new PcMachine(configuration([0xf4]), outputs).run(1e9)).toEqual({ kind: "halted", interruptible: false });
  });
});

describe("a PC under a debugger", () => {
  const run = (target: PcTarget, machine: PcMachine, step = false): Stop | undefined => {
    target.resume(step);
    for (let i = 0; i < 1000 && target.stop === undefined; i++) target.run(machine.cycles + 4999);
    return target.stop;
  };
  const made = (): [PcMachine, PcTarget] => {
    const machine = new PcMachine(ticking(), outputs);
    return [machine, new PcTarget(machine, () => undefined)];
  };
  const address = 0xf0000 + START + 0x100;

  it("stops at every entry of an interrupt's handler, however the run is cut, and the guest does not notice", () => {
    const [machine, target] = made();
    target.insert({ kind: 1, address, length: 1 });
    for (let entry = 0; entry < 10; entry++) {
      expect(run(target, machine)).toMatchObject({ kind: "point", point: { address } });
      expect([machine.programCounter, machine.processor.registers[EBX]]).toEqual([address, entry]);
    }
    target.detach();
    target.run(1_000_000);
    const calm = new PcMachine(ticking(), outputs);
    calm.run(1_000_000);
    expect(stateOf(calm) === stateOf(machine)).toBe(true);
  });

  it("steps one instruction, past interrupts that wait", () => {
    const [machine, target] = made();
    machine.run(50_000);
    for (let i = 0; i < 200; i++) {
      const before = machine.processor.retired;
      expect(run(target, machine, true)).toEqual({ kind: "step" });
      expect(machine.processor.retired).toBe(before + 1);
    }
    expect(machine.processor.registers[EIP]).toBeLessThan(START + 0x100);
    expect(machine.processor.registers[EFLAGS] & 0x200).toBe(0x200);
  });

  it("shows a BIOS where the guest sees one, and nothing of the display's memory", () => {
    const { roms, ...others } = configuration([0xeb, 0xfe]);
    const machine = new PcMachine({ ...others, roms: [], bios: roms[0].bytes }, outputs);
    machine.chips.ports.write(0xcf8, 4, 0x80000058);
    machine.chips.ports.write(0xcfd, 1, 0x20); // PAM0: reads from ROM, writes to RAM
    machine.memory.write8(START + 0xf0000, 7);
    const target = new PcTarget(machine, () => undefined);
    expect([...target.readMemory(START + 0xf0000, 2)]).toEqual([0xeb, 0xfe]);
    expect([target.readMemory(0x9fffe, 4).length, target.readMemory(0xb8000, 4).length]).toEqual([2, 0]);
  });

  it("stops behind writes to memory, and shows and sets registers of every kind", () => {
    const [machine, target] = made();
    target.insert({ kind: 2, address: 0x22, length: 2 });
    expect(run(target, machine)).toMatchObject({ kind: "point", point: { kind: 2, address: 0x22 } });
    expect([...target.readMemory(0x20, 4)]).toEqual([0x00, 0xe1, 0x00, 0xf0]);
    target.remove({ kind: 2, address: 0x22, length: 2 });
    const registers = [...target.registers()];
    const names = target.description.registers.map(({ name }) => name);
    expect(registers.length).toBe(names.length);
    expect([
      registers[names.indexOf("cs")],
      registers[names.indexOf("fctrl")],
      registers[names.indexOf("ftag")],
    ]).toEqual([0xf000, 0x40, 0x5555]);
    registers[EAX] = 7;
    registers[names.indexOf("xmm1")] = new Uint8Array(16).fill(3);
    registers[names.indexOf("st0")] = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0x80, 0xff, 0x3f);
    registers[names.indexOf("ftag")] = 0x5554; // what ST0 becomes
    registers[names.indexOf("es")] = 0x1234;
    expect(target.setRegisters(registers)).toBe(true);
    expect(target.registers()).toEqual(registers);
    registers[names.indexOf("cr0")] = 1;
    expect(target.setRegisters(registers)).toBe(false);
    expect([target.writeMemory(0x9000, Uint8Array.of(1, 2)), [...target.readMemory(0x9000, 2)]]).toEqual([
      true,
      [1, 2],
    ]);
    expect(target.readMemory(MIB - 2, 8).length).toBe(2);
  });
});
