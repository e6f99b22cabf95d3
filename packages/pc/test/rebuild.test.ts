/**
 * Every chip: rebuilt from its state at any moment it goes on as if nothing had happened, and it makes no
 * difference whether the machine visits it at every event or only when the program touches it, nor whether reads
 * without effects are made.
 *
 * Here: random accesses, waits and outside actions on each chip. Not here: what a chip should do.
 * Over 300 lines: every chip has its row of ports and actions.
 * @module
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Clock,
  DebugPorts,
  type Disk,
  I8042,
  I8237a,
  I8254,
  I8259a,
  Lpt,
  type LptState,
  Mc146818,
  PiixIde,
  PowerControl,
  Printer,
  type PrinterState,
  SoundBlaster16,
  type SoundBlasterState,
  SystemControl,
  Uart16550,
  Vbe,
  type VbeState,
  VGA_STATE_IN_TEXT_MODE,
  Vga,
  type VgaState,
} from "../src/index.ts";
import * as VBE from "../src/vbe/registers.ts";
import * as VGA from "../src/vga/registers.ts";

/** A chip and its surroundings; everything that leaves it goes to the trace. */
interface Rig {
  read(offset: number): number;
  /** As a chip's. */
  peek?(offset: number): number;
  write(offset: number, value: number): void;
  /** Something from outside: `kind` says what, `value` is a byte; the answer goes to the trace unless empty. */
  outside(kind: number, value: number): string;
  nextEvent(): number;
  advance(now: number): void;
  /** The state as a JSON value. */
  save(): unknown;
}

/** Builds the rig from nothing, or from what `save` gave. */
type Build = (clock: Clock, trace: (line: string) => void, saved: unknown) => Rig;

interface Case {
  readonly build: Build;
  readonly registers: number;
  /** Values worth writing often, beside any byte. */
  readonly values: readonly number[];
  /** Waits worth making, in ns. */
  readonly waits: readonly number[];
}

const never = { nextEvent: () => Number.POSITIVE_INFINITY, advance: () => undefined, outside: () => "" };
const or = <S>(saved: unknown): S | undefined => saved as S | undefined;

/** A disk that tells what is done to it; every byte of a sector is its number. */
const disk = (trace: (line: string) => void): Disk => ({
  sectors: 1000,
  read: (lba, count) => new Uint8Array(count * 512).fill(lba),
  write: (lba, bytes) => trace(`sector ${lba}: ${bytes.length} bytes, ${bytes.subarray(0, 8)}`),
  flush: () => trace("flush"),
});

const CASES: Readonly<Record<string, Case>> = {
  i8042: {
    registers: 3,
    values: [
      0x20, 0x47, 0x60, 0xa8, 0xaa, 0xd1, 0xd4, 0xe8, 0xe9, 0xeb, 0xf2, 0xf3, 0xf4, 0xfa, 0xfe, 0xff, 80, 100, 200,
    ],
    waits: [1, 440_000, 879_999, 880_000, 3_000_000],
    build: (clock, trace, saved) => {
      const wire = (name: string) => ({ set: (level: boolean) => trace(`${name} ${level}`) });
      const outputs = {
        keyboardIrq: wire("irq 1"),
        mouseIrq: wire("irq 12"),
        a20: wire("a20"),
        onReset: () => trace("reset"),
      };
      const kbc = new I8042(clock, outputs, or(saved));
      return {
        read: (offset) => kbc.read(offset),
        peek: (offset) => kbc.peek(offset),
        write: (offset, value) => kbc.write(offset, value),
        outside: (kind, value) => {
          if (kind < 80) return `key ${kbc.press(value < 128 ? "ArrowUp" : "KeyA")}`;
          if (kind < 160) return `key ${kbc.release(value < 128 ? "Pause" : "KeyA")}`;
          kbc.moveMouse(kind - 200, value - 128, value & 3, value & 7);
          return `idle ${kbc.keyboardIdle}`;
        },
        nextEvent: () => kbc.nextEvent(),
        advance: (now) => kbc.advance(now),
        save: () => kbc.state,
      };
    },
  },
  i8237a: {
    registers: 0x41,
    values: [0, 1, 4, 5, 0x41, 0x45, 0x49, 0x55, 0x65, 0xc1],
    waits: [1],
    build: (_, trace, saved) => {
      const memory = {
        read: (address: number, count: number) => new Uint8Array(count).fill(address),
        write: (address: number, bytes: Uint8Array) => trace(`memory ${address} = ${bytes}`),
      };
      const dma = new I8237a(memory, or(saved));
      return {
        ...never,
        read: (offset) => dma.read(offset),
        write: (offset, value) => dma.write(offset, value),
        outside: (kind, value) => {
          const channel = [0, 1, 2, 3, 5, 6, 7][value % 7];
          if (kind < 128) return JSON.stringify(dma.writeMemory(channel, new Uint8Array(kind & 7).fill(value)));
          return JSON.stringify(dma.readMemory(channel, kind & 7));
        },
        save: () => dma.state,
      };
    },
  },
  i8254: {
    registers: 5,
    values: [0x00, 0x02, 0x03, 0x10, 0x14, 0x16, 0x34, 0x36, 0x5a, 0x90, 0xb6, 0xc2, 0xde, 0xee],
    waits: [1, 838, 839, 15_000, 100_000],
    build: (clock, trace, saved) => {
      const pit = new I8254(clock, { set: (level) => trace(`irq ${level}`) }, or(saved));
      return {
        ...never,
        read: (offset) => pit.read(offset),
        write: (offset, value) => pit.write(offset, value),
        nextEvent: () => pit.nextEvent(),
        advance: (now) => pit.advance(now),
        save: () => pit.state,
      };
    },
  },
  i8259a: {
    registers: 7,
    values: [0x11, 0x19, 0x20, 0x01, 0x03, 0x13, 0x00, 0x60, 0x80, 0xa0, 0xe4, 0x0a, 0x0b, 0x0c, 0x68, 0x48],
    waits: [1],
    build: (_, __, saved) => {
      const pic = new I8259a(or(saved));
      return {
        ...never,
        read: (offset) => pic.read(offset),
        peek: (offset) => pic.peek(offset),
        write: (offset, value) => pic.write(offset, value),
        outside: (kind, value) => {
          const irq = value & 15;
          if (kind < 64) return `vector ${pic.acknowledge()}, then ${pic.pending}`;
          if (irq !== 2) pic.line(irq).set(kind < 192);
          return `pending ${pic.pending}`;
        },
        save: () => pic.state,
      };
    },
  },
  lpt: {
    registers: 4,
    values: [0x04, 0x05, 0x14, 0x15, 0x0c, 0x0d],
    waits: [1, 5_000, 10_000, 15_000, 4_999_999, 5_000_000],
    build: (clock, trace, saved) => {
      const state = or<{ port: LptState; printer: PrinterState }>(saved);
      const printer = new Printer((byte) => trace(`paper ${byte}`), 5_000_000, state?.printer);
      const port = new Lpt(clock, { set: (level) => trace(`irq ${level}`) }, printer, state?.port);
      return {
        ...never,
        read: (offset) => port.read(offset),
        write: (offset, value) => port.write(offset, value),
        nextEvent: () => port.nextEvent(),
        advance: (now) => port.advance(now),
        save: () => ({ port: port.state, printer: printer.state }),
      };
    },
  },
  uart16550: {
    registers: 9,
    values: [0x01, 0x03, 0x05, 0x07, 0x08, 0x0f, 0x18, 0x41, 0x80, 0x83, 0xc1],
    waits: [1, 86_805, 86_806, 347_224, 1_041_667, 5_000_000],
    build: (clock, trace, saved) => {
      const irq = { set: (level: boolean) => trace(`irq ${level}`) };
      const uart = new Uart16550(clock, irq, (byte) => trace(`sent ${byte}`), or(saved));
      return {
        read: (offset) => uart.read(offset),
        peek: (offset) => uart.peek(offset),
        write: (offset, value) => uart.write(offset, value),
        outside: (_, value) => `received ${uart.receive(value)}, then ${uart.canReceive}`,
        nextEvent: () => uart.nextEvent(),
        advance: (now) => uart.advance(now),
        save: () => uart.state,
      };
    },
  },
  ata: {
    registers: 32,
    values: [
      0, 1, 2, 4, 5, 8, 9, 0x20, 0x28, 0x29, 0x30, 0x34, 0x43, 0xa0, 0xa1, 0xb0, 0xc4, 0xc5, 0xc6, 0xc8, 0xca, 0xe0,
      0xe7, 0xec, 0xef, 0xf0,
    ],
    waits: [1, 10_000, 99_999, 100_000, 110_000, 1_000_000],
    build: (clock, trace, saved) => {
      const wire = (name: string) => ({ set: (level: boolean) => trace(`${name} ${level}`) });
      const memory = {
        read: (address: number, count: number) => new Uint8Array(count).fill(address & 0x83),
        write: (address: number, bytes: Uint8Array) => trace(`memory ${address}: ${bytes.length} bytes`),
      };
      const disc = { blocks: 50, read: (lba: number, count: number) => new Uint8Array(count * 2048).fill(lba) };
      const ide = new PiixIde(
        clock,
        memory,
        [wire("irq 14"), wire("irq 15")],
        [
          [{ kind: "disk", disk: disk(trace) }, null],
          [
            { kind: "cdrom", disc },
            { kind: "disk", disk: disk(trace) },
          ],
        ],
        or(saved),
      );
      ide.writeConfig(0x20, 4, 0xc000);
      ide.writeConfig(4, 2, 5);
      const masters = ide.windows[0].device;
      const port = (offset: number) => (offset < 9 ? ide.channels[0] : ide.channels[1]);
      return {
        read: (offset) => (offset < 16 ? port(offset).read(offset % 9) : masters.read(offset - 16, 1)),
        write: (offset, value) =>
          offset < 16 ? port(offset).write(offset % 9, value) : masters.write(offset - 16, 1, value),
        // The data port, for as long as a sector takes.
        outside: (kind, value) => {
          const data = ide.channels[kind & 1];
          let sum = 0;
          for (let i = 0; i < 128; i++)
            if (kind < 128) sum = (sum * 3 + data.readWide(0, 4)) >>> 0;
            else data.writeWide(0, 4, value * 0x01010101);
          return `sum ${sum}`;
        },
        nextEvent: () => ide.nextEvent(),
        advance: (now) => ide.advance(now),
        save: () => ide.state,
      };
    },
  },
  mc146818: {
    registers: 3,
    values: [0, 1, 3, 5, 0x0a, 0x0b, 0x0c, 0x23, 0x26, 0x2f, 0x42, 0x59, 0x60, 0x70, 0x72, 0x80, 0x12, 0xc0],
    waits: [1, 122_071, 30_517_579, 500_000_000, 1_000_000_000, 90_000_000_000],
    build: (clock, trace, saved) => {
      const rtc = new Mc146818(clock, { set: (level) => trace(`irq ${level}`) }, or(saved));
      return {
        ...never,
        read: (offset) => rtc.read(offset),
        write: (offset, value) => rtc.write(offset, value),
        nextEvent: () => rtc.nextEvent(),
        advance: (now) => rtc.advance(now),
        save: () => rtc.state,
      };
    },
  },
  debug: {
    registers: 3,
    values: [1, 0xee],
    waits: [1],
    build: (_, trace, saved) => {
      const events = {
        onByte: (byte: number) => trace(`byte ${byte}`),
        onPost: (code: number) => trace(`post ${code}`),
      };
      const ports = new DebugPorts(events, or(saved));
      return {
        ...never,
        read: (offset) => ports.read(offset),
        write: (offset, value) => ports.write(offset, value),
        save: () => ports.state,
      };
    },
  },
  "sound blaster 16": {
    registers: 16,
    values: [
      0, 1, 3, 0x10, 0x14, 0x1c, 0x20, 0x40, 0x41, 0x48, 0x80, 0x81, 0x90, 0xb6, 0xbe, 0xc4, 0xc6, 0xd0, 0xd4, 0xd5,
      0xd6, 0xd9, 0xda, 0xe1, 0xf2, 0xf3,
    ],
    waits: [1, 22_675, 100_000, 725_624, 1_451_247, 10_000_000],
    build: (clock, trace, saved) => {
      // A channel gives bytes that count, at most seven at a time; now and then it is closed.
      const state = or<{ chip: SoundBlasterState; given: number; closed: boolean; busy: boolean }>(saved);
      let { given, closed, busy } = state ?? { given: 0, closed: false, busy: false };
      const dma = {
        readMemory: (channel: number, count: number) => {
          const bytes = Uint8Array.from({ length: closed ? 0 : Math.min(count, 7) }, () => given++ * channel);
          return { bytes, terminal: false };
        },
        writeMemory: (channel: number, bytes: Uint8Array) => {
          const count = closed ? 0 : Math.min(bytes.length, 7);
          if (count > 0) trace(`memory by channel ${channel}: ${bytes.subarray(0, count)}`);
          return { count, terminal: false };
        },
      };
      const line = (number: number) => ({ set: (level: boolean) => trace(`irq ${number} ${level}`) });
      const lines = { 5: line(5), 7: line(7), 9: line(9), 10: line(10) };
      const chip = new SoundBlaster16(clock, lines, dma, (block) => trace(JSON.stringify(block)), state?.chip);
      /** A whole command: single bytes seldom make one. */
      const command = (kind: number, value: number): void => {
        const orders = [
          [0xb6, value, value & 63, 0],
          [0xc6, value, value & 63, 0],
          [0xb0, value, value, 0],
          [0xc8, value, value, 0],
          [0x41, value >> 2, 0],
        ];
        for (const byte of orders[kind % orders.length] as number[]) chip.write(0x0c, byte);
      };
      return {
        read: (offset) => chip.read(offset),
        write: (offset, value) => chip.write(offset, value),
        outside: (kind, value) => {
          if (!busy) {
            chip.write(6, 1);
            chip.write(6, 0);
            busy = true;
          }
          if (kind < 200) command(kind, value);
          else {
            chip.advance(clock.now()); // the channel is closed now, not some time before
            closed = value < 128;
          }
          return "";
        },
        nextEvent: () => chip.nextEvent(),
        advance: (now) => chip.advance(now),
        save: () => ({ chip: chip.state, given, closed, busy }),
      };
    },
  },
  "system control": {
    registers: 2,
    values: [0, 1, 2, 3],
    waits: [1],
    build: (_, trace, saved) => {
      const outputs = { a20: { set: (level: boolean) => trace(`a20 ${level}`) }, onReset: () => trace("reset") };
      const port = new SystemControl(outputs, or(saved));
      return {
        ...never,
        read: (offset) => port.read(offset),
        write: (offset, value) => port.write(offset, value),
        outside: (kind) => {
          port.keyboardGate.set(kind < 128);
          return `a20 is ${port.a20}`;
        },
        save: () => port.state,
      };
    },
  },
  "vga and vbe": {
    registers: 0x34,
    values: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0x0f, 0x20, 0x41, 0x63, 0x67],
    waits: [1, 31_778, 14_000_000],
    build: (clock, _, saved) => {
      const state = or<{ vga: VgaState; vbe: VbeState; memory: number[] }>(saved);
      const memory = new Uint8Array(0x40000);
      for (const [i, byte] of (state?.memory ?? []).entries()) memory[i] = byte;
      const vga = new Vga(clock, memory, state?.vga ?? VGA_STATE_IN_TEXT_MODE);
      const vbe = new Vbe(vga, memory, null, state?.vbe);
      // A byte at these places stands for the words of the two ports.
      const words = [VBE.VBE_INDEX, VBE.VBE_DATA];
      const port = (offset: number) => words[offset - VGA.VGA_PORT_COUNT];
      return {
        ...never,
        read: (offset) => (offset < VGA.VGA_PORT_COUNT ? vga.read(offset) : vbe.readWide(port(offset & ~2), 2)),
        write: (offset, value) => {
          if (offset < VGA.VGA_PORT_COUNT) vga.write(offset, value);
          else vbe.writeWide(port(offset & ~2), 2, value);
        },
        outside: (kind, value) => {
          const offset = kind < 128 ? kind & 15 : 0x18000 + (kind & 15);
          const before = vbe.window.read(offset, 2);
          vbe.window.write(offset, 1, value);
          if ((kind & 127) >= 4) return `${before}`;
          const { rgba } = vbe.render();
          return `${before}, ${rgba.length}, ${rgba.subarray(0, 64)}`;
        },
        // The accesses above reach only the beginning of the memory.
        save: () => ({ vga: vga.state, vbe: vbe.state, memory: [...memory.subarray(0, 256)] }),
      };
    },
  },
  power: {
    registers: 3,
    values: [2, 4, 6],
    waits: [1],
    build: (_, trace, saved) => {
      const events = {
        onPowerOff: (code: number) => trace(`off ${code}`),
        onReset: (hard: boolean) => trace(`reset ${hard}`),
      };
      const chip = new PowerControl(events, or(saved));
      return {
        ...never,
        read: (offset) => chip.read(offset),
        write: (offset, value) => chip.write(offset, value),
        save: () => chip.state,
      };
    },
  },
};

type Step =
  | { readonly do: "read"; readonly at: number }
  | { readonly do: "write"; readonly at: number; readonly value: number }
  | { readonly do: "wait"; readonly ns: number }
  | { readonly do: "outside"; readonly kind: number; readonly value: number };

function steps(of: Case): fc.Arbitrary<Step[]> {
  const at = fc.nat(of.registers - 1);
  const byte = fc.oneof(fc.constantFrom(...of.values), fc.nat(255));
  const ns = fc.oneof(fc.constantFrom(...of.waits), fc.nat(Math.max(...of.waits)));
  const step = fc.oneof<fc.MaybeWeightedArbitrary<Step>[]>(
    { weight: 3, arbitrary: fc.record({ do: fc.constant("read" as const), at }) },
    { weight: 5, arbitrary: fc.record({ do: fc.constant("write" as const), at, value: byte }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant("wait" as const), ns }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant("outside" as const), kind: fc.nat(255), value: byte }) },
  );
  return fc.array(step, { minLength: 1, maxLength: 60, size: "max" });
}

interface Manner {
  /** Rebuild before this step; none if there is no such step. */
  readonly rebuildAt: number;
  /** Visit the chip at each of its events, with the clock at the event, and peek instead of reading where it lets one. */
  readonly visit: boolean;
}

function run(of: Case, list: readonly Step[], manner: Manner): { trace: string[]; state: unknown } {
  const trace: string[] = [];
  let now = 0;
  const build = (saved: unknown): Rig => of.build({ now: () => now }, (line) => void trace.push(line), saved);
  let rig = build(undefined);
  const save = (): unknown => JSON.parse(JSON.stringify(rig.save()));
  for (const [i, step] of list.entries()) {
    if (i === manner.rebuildAt) {
      const saved = save();
      rig = build(saved);
      expect(save()).toEqual(saved);
    }
    if (step.do === "read") {
      const seen = manner.visit && rig.peek !== undefined ? rig.peek(step.at) : -1;
      trace.push(`read ${step.at} = ${seen >= 0 ? seen : rig.read(step.at)}`);
    } else if (step.do === "write") rig.write(step.at, step.value);
    else if (step.do === "outside") {
      const seen = rig.outside(step.kind, step.value);
      if (seen !== "") trace.push(seen);
    } else {
      const until = now + step.ns;
      while (manner.visit && rig.nextEvent() <= until) {
        now = Math.max(now, rig.nextEvent());
        rig.advance(now);
        expect(rig.nextEvent()).toBeGreaterThan(now);
      }
      now = until;
    }
  }
  rig.advance(now);
  return { trace, state: save() };
}

describe.each(Object.entries(CASES))("%s", (_, of) => {
  it("goes on where its state stopped", () => {
    fc.assert(
      fc.property(steps(of), fc.nat(60), (list, at) => {
        const rebuilt = run(of, list, { rebuildAt: at % list.length, visit: false });
        expect(rebuilt).toEqual(run(of, list, { rebuildAt: -1, visit: false }));
      }),
      { numRuns: 200 },
    );
  });

  it("does the same whether it is visited at its events and peeked at, or only used", () => {
    fc.assert(
      fc.property(steps(of), (list) => {
        const visited = run(of, list, { rebuildAt: -1, visit: true });
        expect(visited).toEqual(run(of, list, { rebuildAt: -1, visit: false }));
      }),
      { numRuns: 200 },
    );
  });
});
