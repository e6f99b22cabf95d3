/**
 * The chips of a PC for foreign systems, and the wires between them.
 *
 * Here: every chip of `@kintsugi/pc` at its usual place, exit ports, ROMs and shadow areas; what the chips do next and when.
 * Not here: processor and memory (→ pc-machine.ts). The ports are those of the table in packages/pc/README.md.
 * Over 300 lines: one wiring.
 * @module
 */
import * as pc from "@kintsugi/pc";
import { SerialLine, type SerialLineState } from "../serial-line.ts";
import { romDevice, SHADOW_FIRST, SHADOW_SIZE, shadowDevice, shadowedRom } from "./rom-device.ts";

/** A ROM at a physical address. */
export interface Rom {
  readonly address: number;
  readonly bytes: Uint8Array;
}

/** What is plugged in. */
export interface PcParts {
  /** Bytes of RAM, for the CMOS memory. */
  readonly memory: number;
  /** The system BIOS; its last byte lies below 4 GiB, its last 128 KiB also below 1 MiB. Without: RAM below 1 MiB. */
  readonly bios: Uint8Array | null;
  /** The firmware of the display. */
  readonly videoBios: Uint8Array | null;
  readonly roms: readonly Rom[];
  readonly disk: pc.Disk | null;
  readonly disc: pc.Disc | null;
  /** The calendar at power-on. */
  readonly time: pc.CivilTime;
  /** RTC_BOOT_…, the first to try first. */
  readonly bootOrder: readonly number[];
}

/** What the chips need: the clock, memory, and where their output goes. */
export interface PcWires extends pc.DmaMemory {
  /** Virtual nanoseconds. */
  now(): number;
  serial(byte: number): void;
  /** A byte for the console of port e9, and one that LPT1's printer prints. */
  console(byte: number): void;
  paper(byte: number): void;
  a20(open: boolean): void;
  /** An edge at the processor's NMI pin. */
  nonMaskable(): void;
  /** The processor's IGNNE#. */
  ignoreNumericError(on: boolean): void;
  exit(code: number): void;
  /** The guest has reset the machine, by this. */
  reset(by: string): void;
  /** The areas from c0000 to fffff may have moved between RAM and ROM. */
  shadow(areas: readonly pc.ShadowArea[]): void;
  /** RAM by physical address, also where a ROM covers it. */
  readonly ram: Uint8Array;
  /** The display's memory, of VIDEO_MEMORY_SIZE bytes; as RAM it belongs to the machine. */
  readonly video: Uint8Array;
}

/** Everything that the chips remember, without memory and what disks hold. */
export interface PcChipStates {
  readonly pic: pc.I8259aState;
  readonly pit: pc.I8254State;
  readonly gate: pc.SystemControlState;
  readonly keyboard: pc.I8042State;
  readonly rtc: pc.Mc146818State;
  readonly uart: pc.Uart16550State;
  readonly lpt: pc.LptState;
  readonly printer: pc.PrinterState;
  readonly power: pc.PowerState;
  readonly ide: pc.PiixIdeState;
  readonly vga: pc.VgaState;
  readonly vbe: pc.VbeState;
  readonly bridge: pc.ConfigSpaceState;
  readonly isa: pc.ConfigSpaceState;
  readonly host: pc.PciHostState;
  readonly dma: pc.I8237aState;
  readonly debug: pc.DebugPortsState;
  readonly apic: pc.LocalApicState;
  readonly fwCfg: pc.FwCfgState;
  readonly floatError: pc.FloatErrorState;
  readonly serialLine: SerialLineState;
}

/** A system that was loaded without firmware finds COM1 at 115,200 baud, 8 bits. */
const UART_AFTER_FIRMWARE: pc.Uart16550State = { ...pc.UART16550_STATE_AT_RESET, divisor: 1, lcr: 3 };
export const VIDEO_MEMORY_SIZE: number = 16 << 20;
const MIB = 0x100000;
const PORTS = 0x10000;
const FOUR_GIB = 0x1_0000_0000;
/** The printer port of monochrome display cards lies among the VGA's: the same chip answers there as at 378. */
const LPT_MONO_PORT = 0x3bc;
const VGA_COLOUR_PORT = 0x3c0;
/** Bochs' and QEMU's exit ports: the run ends with twice the value plus one. */
const EXIT_PORTS = [0xf4, 0x501] as const;

export class PcChips {
  readonly ports: pc.PortBus;
  readonly memory: pc.MmioBus;
  readonly pic: pc.I8259a;
  readonly #apic: pc.LocalApic;
  readonly keyboard: pc.I8042;
  readonly serialLine: SerialLine;
  readonly display: pc.Vbe;
  readonly bridge: pc.I82441fx;
  readonly debug: pc.DebugPorts;
  readonly floatError: pc.FloatError;
  readonly #uart: pc.Uart16550;
  readonly #timed: readonly pc.TimedChip[];
  /** By port: the chips whose next event an access may have moved, where those are not all. */
  readonly #movedBy: (readonly pc.TimedChip[] | undefined)[] = new Array(PORTS).fill(undefined);
  /** The chips by the names of their states. */
  readonly #kept: { readonly [K in keyof PcChipStates]: { readonly state: PcChipStates[K] } };

  /** Without `state` everything is as after power-on; with a part of it, as after a reset that this part outlives. */
  constructor(wires: PcWires, parts: PcParts, state: Partial<PcChipStates> = {}) {
    const clock = { now: () => wires.now() };
    const pic = new pc.I8259a(state.pic);
    const pit = new pc.I8254(clock, pic.line(pc.PIT_IRQ), state.pit);
    const gate = new pc.SystemControl(
      { a20: { set: (open) => wires.a20(open) }, onReset: () => wires.reset("port 92") },
      state.gate,
    );
    const keyboard = new pc.I8042(
      clock,
      {
        keyboardIrq: pic.line(pc.KBC_KEYBOARD_IRQ),
        mouseIrq: pic.line(pc.KBC_MOUSE_IRQ),
        a20: gate.keyboardGate,
        onReset: () => wires.reset("the keyboard controller"),
      },
      state.keyboard,
    );
    const rtc = new pc.Mc146818(clock, pic.line(pc.RTC_IRQ), state.rtc ?? pc.cmosAfterSetup(parts));
    const line = parts.bios === null ? UART_AFTER_FIRMWARE : pc.UART16550_STATE_AT_RESET;
    const uart = new pc.Uart16550(clock, pic.line(pc.UART_IRQ), (byte) => wires.serial(byte), state.uart ?? line);
    const printer = new pc.Printer((byte) => wires.paper(byte), 0, state.printer);
    const lpt = new pc.Lpt(clock, pic.line(pc.LPT_IRQ), printer, state.lpt);
    const power = new pc.PowerControl(
      { onPowerOff: () => undefined, onReset: () => wires.reset("port cf9") },
      state.power,
    );
    const ide = new pc.PiixIde(
      clock,
      wires,
      [pic.line(pc.ATA_PRIMARY_IRQ), pic.line(pc.ATA_SECONDARY_IRQ)],
      [
        [parts.disk && { kind: "disk", disk: parts.disk }, null],
        [parts.disc && { kind: "cdrom", disc: parts.disc }, null],
      ],
      state.ide,
    );
    const firmware = parts.bios === null ? pc.VGA_STATE_IN_TEXT_MODE : pc.VGA_STATE_AT_RESET;
    const vga = new pc.Vga(clock, wires.video, state.vga ?? firmware);
    const vbe = new pc.Vbe(vga, wires.video, parts.videoBios, state.vbe);
    const bridge = new pc.I82441fx((areas) => wires.shadow(areas), state.bridge);
    const isa = new pc.PiixIsa(state.isa);
    const host = new pc.PciHost(
      [
        { device: 0, function: 0, is: bridge },
        { device: 1, function: 0, is: isa },
        { device: 1, function: 1, is: ide },
        { device: 2, function: 0, is: vbe },
      ],
      state.host,
    );
    const dma = new pc.I8237a(wires, state.dma);
    const events = { onByte: (byte: number) => wires.console(byte), onPost: () => undefined };
    const debug = new pc.DebugPorts(events, state.debug);
    const apic = new pc.LocalApic(clock, () => wires.nonMaskable(), state.apic);
    const fwCfg = new pc.FwCfg(parts.memory, state.fwCfg);
    const floatError = new pc.FloatError(
      { irq: pic.line(pc.FLOAT_ERROR_IRQ), ignne: { set: (on) => wires.ignoreNumericError(on) } },
      state.floatError,
    );
    const serialLine = new SerialLine(uart, 1, state.serialLine);
    this.pic = pic;
    this.#apic = apic;
    this.keyboard = keyboard;
    this.display = vbe;
    this.bridge = bridge;
    this.debug = debug;
    this.floatError = floatError;
    this.serialLine = serialLine;
    this.#uart = uart;
    this.#timed = [pit, keyboard, rtc, uart, lpt, ide, apic, serialLine];
    const board = {
      pic,
      pit,
      gate,
      keyboard,
      rtc,
      uart,
      lpt,
      printer,
      power,
      dma,
      debug,
      apic,
      fwCfg,
      floatError,
      serialLine,
    };
    this.#kept = { ...board, ide, vga, vbe, bridge, isa, host };

    this.memory = new pc.MmioBus(host.memory);
    this.#claimMemory(pc.VGA_MEMORY, pc.VGA_MEMORY_SIZE, this.display.window);
    this.#claimMemory(pc.APIC_MEMORY, pc.APIC_MEMORY_SIZE, apic);
    for (const { address, bytes } of parts.roms) {
      // In RAM's range they are read-only pages; one that ends at 1 MiB is also the one that the processor starts in.
      if (address + bytes.length > parts.memory) this.#claimMemory(address, bytes.length, romDevice(bytes));
      else if (address + bytes.length === MIB && !parts.roms.some((rom) => rom.address >= parts.memory))
        this.#claimMemory(FOUR_GIB - bytes.length, bytes.length, romDevice(bytes));
    }
    if (parts.bios !== null) {
      this.#claimMemory(FOUR_GIB - parts.bios.length, parts.bios.length, romDevice(parts.bios));
      this.#claimMemory(
        SHADOW_FIRST,
        SHADOW_SIZE,
        shadowDevice(shadowedRom(parts.bios, parts.videoBios), wires.ram, () => bridge.shadow),
      );
    }

    this.ports = new pc.PortBus(host.io);
    this.#ok(this.ports.claimDword(pc.PCI_ADDRESS_PORT, host.addressPort));
    const claims: [pc.PortDevice, first: number, count: number, offset?: number][] = [
      [pic, pc.PIC_MASTER_COMMAND_PORT, 2],
      [pic, pc.PIC_SLAVE_COMMAND_PORT, 2, 2],
      [pic, pc.PIC_MASTER_ELCR_PORT, 2, 4],
      [pit, pc.PIT_COUNTER0_PORT, 4],
      [pit, pc.PIT_SYSTEM_CONTROL_PORT, 1, pc.PIT_SYSTEM_CONTROL],
      [keyboard, pc.KBC_DATA_PORT, 1],
      [keyboard, pc.KBC_COMMAND_PORT, 1, pc.KBC_COMMAND],
      [gate, pc.PORT92_PORT, 1],
      [debug, pc.DEBUG_CONSOLE_PORT, 1],
      [debug, pc.DEBUG_POST_PORT, 1, pc.DEBUG_POST],
      [rtc, pc.RTC_INDEX_PORT, 2],
      [dma, pc.DMA_PORT, pc.DMA_PORT_COUNT],
      [dma, pc.DMA_SECOND_PORT, pc.DMA_SECOND_PORT_COUNT, pc.DMA_SECOND],
      [dma, pc.DMA_PAGE_PORT, pc.DMA_PAGE_PORT_COUNT, pc.DMA_PAGE],
      [uart, pc.UART_PORT, pc.UART_PORT_COUNT],
      [lpt, pc.LPT_PORT, pc.LPT_PORT_COUNT],
      [lpt, LPT_MONO_PORT, pc.LPT_PORT_COUNT],
      [floatError, pc.FLOAT_ERROR_PORT, 1],
      [power, pc.POWER_RESET_PORT, 1],
      [host.dataPort, pc.PCI_DATA_PORT, pc.PCI_DATA_PORT_COUNT],
      [ide.channels[0], pc.ATA_PRIMARY_PORT, pc.ATA_PORT_COUNT],
      [ide.channels[0], pc.ATA_PRIMARY_CONTROL_PORT, 1, pc.ATA_CONTROL],
      [ide.channels[1], pc.ATA_SECONDARY_PORT, pc.ATA_PORT_COUNT],
      [ide.channels[1], pc.ATA_SECONDARY_CONTROL_PORT, 1, pc.ATA_CONTROL],
      [vga, pc.VGA_PORT, LPT_MONO_PORT - pc.VGA_PORT],
      [vga, VGA_COLOUR_PORT, pc.VGA_PORT + pc.VGA_PORT_COUNT - VGA_COLOUR_PORT, VGA_COLOUR_PORT - pc.VGA_PORT],
      [vbe, pc.VBE_PORT, pc.VBE_PORT_COUNT],
    ];
    // A BIOS would take it for the whole of QEMU's firmware interface.
    if (parts.bios === null) claims.push([fwCfg, pc.FW_CFG_PORT, pc.FW_CFG_PORT_COUNT]);
    const exit: pc.PortDevice = { read: () => 0xff, write: (_, value) => wires.exit((2 * value + 1) & 0xff) };
    for (const port of EXIT_PORTS) claims.push([exit, port, 1]);
    for (const [chip, first, count, offset = 0] of claims) {
      this.#ok(this.ports.claim({ first, count, offset }, chip));
      // What PCI's registers change may be any chip's.
      if (chip === host.dataPort) continue;
      const moved = ide.channels.some((channel) => channel === chip) ? ide : (chip as object);
      const timed = this.#timed.find((one) => one === moved);
      this.#movedBy.fill(timed === undefined ? [] : [timed, serialLine], first, first + count);
    }
  }

  /** A copy; chips built from it, over the same memory, go on there. */
  get state(): PcChipStates {
    return Object.fromEntries(Object.entries(this.#kept).map(([name, { state }]) => [name, state])) as never;
  }

  /** Somebody asks the processor for an interrupt: the 8259A, or the local APIC beside it. */
  get interruptPending(): boolean {
    return this.#apic.pending || this.pic.pending;
  }

  /** The processor takes it; the vector. */
  acknowledge(): number {
    return this.#apic.pending ? this.#apic.acknowledge() : this.pic.acknowledge();
  }

  /** Virtual nanoseconds of the next thing that a chip does by itself, or Infinity. */
  nextEvent(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const chip of this.#timed) next = Math.min(next, chip.nextEvent());
    return next;
  }

  /** As nextEvent(), of the chips whose next event an access to this port may have brought nearer. */
  nextEventMovedBy(port: number): number {
    let next = Number.POSITIVE_INFINITY;
    for (const chip of this.#movedBy[port] ?? this.#timed) next = Math.min(next, chip.nextEvent());
    return next;
  }

  /** Everything due up to `now` nanoseconds, in the order of time whatever chip it concerns. */
  advance(now: number): void {
    for (let at = this.nextEvent(); at <= now; at = this.nextEvent()) for (const chip of this.#timed) chip.advance(at);
  }

  /** Lets what the guest has given to COM1 still go out. */
  drain(): void {
    for (let at = this.#uart.state.shiftedAt; at !== null; at = this.#uart.state.shiftedAt) this.#uart.advance(at);
  }

  #claimMemory(first: number, count: number, device: pc.MmioDevice): void {
    this.#ok(this.memory.claim({ first, count }, device));
  }

  #ok(result: { isErr(): boolean; readonly error?: unknown }): void {
    if (result.isErr()) throw new Error(`the machine's ranges overlap: ${JSON.stringify(result)}`);
  }
}
