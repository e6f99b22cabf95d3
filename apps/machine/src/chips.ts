/**
 * The chips of the reference machine and the wires between them.
 *
 * Here: 8259A pair, 8254, 8237A pair, 8042 with its keyboard, COM1, LPT1 with its printer, Sound Blaster 16, a VBE
 * display, a PATA disk, power control, on their buses; what they do next and when.
 * Not here: processor and kernel (→ machine.ts). All that the chips remember is in `state`.
 * @module
 */
import {
  ATA_CONTROL,
  ATA_PORT_COUNT,
  ATA_PRIMARY_CONTROL_PORT,
  ATA_PRIMARY_IRQ,
  ATA_PRIMARY_PORT,
  type Disk,
  DMA_PAGE,
  DMA_PAGE_PORT,
  DMA_PAGE_PORT_COUNT,
  DMA_PORT,
  DMA_PORT_COUNT,
  DMA_SECOND,
  DMA_SECOND_PORT,
  DMA_SECOND_PORT_COUNT,
  type DmaMemory,
  I8042,
  type I8042State,
  I8237a,
  type I8237aState,
  I8254,
  type I8254State,
  I8259a,
  type I8259aState,
  KBC_COMMAND,
  KBC_COMMAND_PORT,
  KBC_DATA_PORT,
  LPT_PORT,
  LPT_PORT_COUNT,
  Lpt,
  type LptState,
  MmioBus,
  PIC_MASTER_COMMAND_PORT,
  PIC_MASTER_ELCR_PORT,
  PIC_SLAVE_COMMAND_PORT,
  PIT_COUNTER0_PORT,
  PIT_SYSTEM_CONTROL,
  PIT_SYSTEM_CONTROL_PORT,
  PiixIde,
  type PiixIdeState,
  POWER_EXIT,
  POWER_EXIT_PORT,
  POWER_RESET_CONTROL,
  POWER_RESET_PORT,
  PortBus,
  type PortDevice,
  type PortRange,
  PowerControl,
  type PowerState,
  PRINTER_MINIMUM_PULSE,
  Printer,
  type PrinterState,
  SB_PORT,
  SB_PORT_COUNT,
  SoundBlaster16,
  type SoundBlasterState,
  type SoundBlock,
  type TimedChip,
  UART_PORT,
  UART_PORT_COUNT,
  Uart16550,
  type Uart16550State,
  VBE_FRAME_BUFFER,
  VBE_PORT,
  VBE_PORT_COUNT,
  Vbe,
  type VbeState,
  VGA_CRTC_CURSOR_HIGH,
  VGA_CRTC_CURSOR_LOW,
  VGA_MEMORY,
  VGA_MEMORY_SIZE,
  VGA_PORT,
  VGA_PORT_COUNT,
  VGA_STATE_IN_TEXT_MODE,
  Vga,
  type VgaState,
} from "@kintsugi/pc";
import { IRQ_COM1, IRQ_KEYBOARD, IRQ_LPT1, IRQ_SOUND, IRQ_TIMER } from "./irq-map.ts";
import { SerialLine, type SerialLineState } from "./serial-line.ts";
import { TypedKeys } from "./typed-keys.ts";

/** Where somebody sits: at the other end of the serial line, or at screen and keyboard. */
export type ConsoleKind = "serial" | "screen";

/** A text screen: rows from the top without blanks at their ends, and the cell of the cursor, counted row by row. */
export interface TextScreen {
  readonly rows: readonly string[];
  readonly cursor: number;
}

export interface ChipStates {
  readonly i8259a: I8259aState;
  readonly i8254: I8254State;
  readonly uart: Uart16550State;
  readonly lpt: LptState;
  readonly i8042: I8042State;
  readonly i8237a: I8237aState;
  readonly soundBlaster: SoundBlasterState;
  readonly vga: VgaState;
  readonly vbe: VbeState;
  readonly ide: PiixIdeState;
  readonly power: PowerState;
  /** Outside the case: they keep their state when the machine is reset. */
  readonly printer: PrinterState;
  readonly serialLine: SerialLineState;
}

/** What the chips need: the clock, and where their output goes. */
export interface ChipWires {
  /** Virtual nanoseconds. */
  now(): number;
  serial(byte: number): void;
  paper(byte: number): void;
  sound(block: SoundBlock): void;
  /** What DMA reads and writes. */
  readonly memory: DmaMemory;
  /** The display's memory; whoever gave it keeps it, as RAM. */
  readonly video: Uint8Array;
  /** The disk, with its cache; null: none. */
  readonly disk: Disk | null;
  /** What is typed goes here. */
  readonly console: ConsoleKind;
  powerOff(code: number): void;
  reset(reason: string): void;
  readonly seed: number;
}

export class Chips {
  readonly bus: PortBus = new PortBus();
  /** What lies behind RAM. */
  readonly devices: MmioBus = new MmioBus();
  readonly i8259a: I8259a;
  readonly i8254: I8254;
  readonly uart: Uart16550;
  readonly lpt: Lpt;
  readonly printer: Printer;
  readonly i8042: I8042;
  readonly i8237a: I8237a;
  readonly soundBlaster: SoundBlaster16;
  readonly vbe: Vbe;
  readonly ide: PiixIde;
  readonly power: PowerControl;
  readonly serialLine: SerialLine;
  readonly #vga: Vga;
  readonly #timed: readonly TimedChip[];

  /** Without `state` everything is as after power-on; with only the outside devices' state, as after a reset. */
  constructor(wires: ChipWires, state: Partial<ChipStates> = {}) {
    const clock = { now: () => wires.now() };
    this.i8259a = new I8259a(state.i8259a);
    this.i8254 = new I8254(clock, this.i8259a.line(IRQ_TIMER), state.i8254);
    this.uart = new Uart16550(clock, this.i8259a.line(IRQ_COM1), (byte) => wires.serial(byte), state.uart);
    const unconnected = { set: () => undefined };
    this.i8042 = new I8042(
      clock,
      {
        keyboardIrq: this.i8259a.line(IRQ_KEYBOARD),
        mouseIrq: unconnected,
        a20: unconnected, // address line 20 is always there
        onReset: () => wires.reset("a program pulsed the keyboard controller's reset line"),
      },
      state.i8042,
    );
    const receiver = wires.console === "screen" ? new TypedKeys(this.i8042) : this.uart;
    this.serialLine = new SerialLine(receiver, wires.seed, state.serialLine);
    this.printer = new Printer((byte) => wires.paper(byte), PRINTER_MINIMUM_PULSE, state.printer);
    this.lpt = new Lpt(clock, this.i8259a.line(IRQ_LPT1), this.printer, state.lpt);
    this.i8237a = new I8237a(wires.memory, state.i8237a);
    this.soundBlaster = new SoundBlaster16(
      clock,
      // Line 7 is LPT1's.
      Object.fromEntries(IRQ_SOUND.map((irq) => [irq, this.i8259a.line(irq)])),
      this.i8237a,
      (block) => wires.sound(block),
      state.soundBlaster,
    );
    const vga = new Vga(clock, wires.video, state.vga ?? VGA_STATE_IN_TEXT_MODE);
    this.vbe = new Vbe(vga, wires.video, null, state.vbe);
    this.ide = new PiixIde(
      clock,
      wires.memory,
      [this.i8259a.line(ATA_PRIMARY_IRQ), unconnected],
      [
        [wires.disk === null ? null : { kind: "disk", disk: wires.disk }, null],
        [null, null],
      ],
      state.ide,
    );
    this.power = new PowerControl(
      {
        onPowerOff: (code) => wires.powerOff(code),
        onReset: () => wires.reset("a program wrote the reset control register"),
      },
      state.power,
    );
    this.#timed = [this.i8254, this.i8042, this.uart, this.lpt, this.soundBlaster, this.ide, this.serialLine];
    this.#claim({ first: PIC_MASTER_COMMAND_PORT, count: 2 }, this.i8259a);
    this.#claim({ first: PIC_SLAVE_COMMAND_PORT, count: 2, offset: 2 }, this.i8259a);
    this.#claim({ first: PIC_MASTER_ELCR_PORT, count: 2, offset: 4 }, this.i8259a);
    this.#claim({ first: PIT_COUNTER0_PORT, count: 4 }, this.i8254);
    this.#claim({ first: PIT_SYSTEM_CONTROL_PORT, count: 1, offset: PIT_SYSTEM_CONTROL }, this.i8254);
    this.#claim({ first: KBC_DATA_PORT, count: 1 }, this.i8042);
    this.#claim({ first: KBC_COMMAND_PORT, count: 1, offset: KBC_COMMAND }, this.i8042);
    this.#claim({ first: UART_PORT, count: UART_PORT_COUNT }, this.uart);
    this.#claim({ first: LPT_PORT, count: LPT_PORT_COUNT }, this.lpt);
    this.#claim({ first: DMA_PORT, count: DMA_PORT_COUNT }, this.i8237a);
    this.#claim({ first: DMA_SECOND_PORT, count: DMA_SECOND_PORT_COUNT, offset: DMA_SECOND }, this.i8237a);
    this.#claim({ first: DMA_PAGE_PORT, count: DMA_PAGE_PORT_COUNT, offset: DMA_PAGE }, this.i8237a);
    this.#claim({ first: SB_PORT, count: SB_PORT_COUNT }, this.soundBlaster);
    this.#claim({ first: VGA_PORT, count: VGA_PORT_COUNT }, vga);
    this.#claim({ first: VBE_PORT, count: VBE_PORT_COUNT }, this.vbe);
    this.#claim({ first: ATA_PRIMARY_PORT, count: ATA_PORT_COUNT }, this.ide.channels[0]);
    this.#claim({ first: ATA_PRIMARY_CONTROL_PORT, count: 1, offset: ATA_CONTROL }, this.ide.channels[0]);
    this.devices.claim({ first: VBE_FRAME_BUFFER, count: wires.video.length }, this.vbe.frameBuffer)._unsafeUnwrap();
    this.devices.claim({ first: VGA_MEMORY, count: VGA_MEMORY_SIZE }, this.vbe.window)._unsafeUnwrap();
    this.#vga = vga;
    this.#claim({ first: POWER_RESET_PORT, count: 1, offset: POWER_RESET_CONTROL }, this.power);
    this.#claim({ first: POWER_EXIT_PORT, count: 1, offset: POWER_EXIT }, this.power);
  }

  get state(): ChipStates {
    return {
      i8259a: this.i8259a.state,
      i8254: this.i8254.state,
      uart: this.uart.state,
      lpt: this.lpt.state,
      i8042: this.i8042.state,
      i8237a: this.i8237a.state,
      soundBlaster: this.soundBlaster.state,
      vga: this.#vga.state,
      vbe: this.vbe.state,
      ide: this.ide.state,
      power: this.power.state,
      printer: this.printer.state,
      serialLine: this.serialLine.state,
    };
  }

  /** What a viewer reads on the display; no rows while it shows pictures. */
  get screen(): TextScreen {
    const { crtc } = this.#vga.state;
    const cursor = ((crtc[VGA_CRTC_CURSOR_HIGH] ?? 0) << 8) | (crtc[VGA_CRTC_CURSOR_LOW] ?? 0);
    return { rows: this.vbe.text(), cursor };
  }

  /** Virtual nanoseconds of the next thing that a chip does by itself, or Infinity. */
  nextEvent(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const chip of this.#timed) next = Math.min(next, chip.nextEvent());
    return next;
  }

  /** Everything due up to `now` nanoseconds, in the order of time whatever chip it concerns. */
  advance(now: number): void {
    for (let at = this.nextEvent(); at <= now; at = this.nextEvent()) for (const chip of this.#timed) chip.advance(at);
    for (const chip of this.#timed) chip.advance(now);
  }

  /** Lets what the guest has given to the serial port still go out, as it does before a supply's voltage is gone. */
  drain(): void {
    for (let at = this.uart.state.shiftedAt; at !== null; at = this.uart.state.shiftedAt) this.uart.advance(at);
  }

  #claim(range: PortRange, device: PortDevice): void {
    this.bus.claim(range, device).match(
      () => undefined,
      (error) => {
        throw new Error(`the machine's ports overlap: ${JSON.stringify(error)}`);
      },
    );
  }
}
