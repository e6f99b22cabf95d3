/**
 * UART 16550A: a serial port with FIFOs.
 *
 * Here: the whole register file, interrupts and their priorities, transmission and timeout in time. Over 300 lines: one chip.
 * Not here: who is at the other end of the wire (`transmit`, `receive`). The wire is clean: parity,
 * framing and break are never received. A byte takes a frame to leave (8N1: ten bit times), none to come in.
 * National Semiconductor PC16550D data sheet (TL/C/8652); the section is named where a rule is not obvious.
 * @module
 */
import type { Clock, TimedChip } from "../clock.ts";
import type { IrqLine } from "../irq-line.ts";
import type { PortDevice } from "../port-device.ts";
import { frameTime, modemLines, triggerLevel, wordMask } from "./line.ts";
import * as R from "./registers.ts";
import { copyState, UART16550_STATE_AT_RESET, type Uart16550Fields, type Uart16550State } from "./state.ts";

/** A character timeout comes after four frames without a byte coming or being read. */
const TIMEOUT_FRAMES = 4;
/** The bits of the modem status that say what has changed since it was read. */
const MSR_DELTAS = 0x0f;

export class Uart16550 implements PortDevice, TimedChip {
  readonly #clock: Clock;
  readonly #irq: IrqLine;
  readonly #transmit: (byte: number) => void;
  readonly #state: Uart16550Fields;

  /** `transmit` gets a byte when its last stop bit has left. */
  constructor(
    clock: Clock,
    irq: IrqLine,
    transmit: (byte: number) => void,
    state: Uart16550State = UART16550_STATE_AT_RESET,
  ) {
    this.#clock = clock;
    this.#irq = irq;
    this.#transmit = transmit;
    this.#state = copyState(state);
  }

  /** A copy, as of the last access or `advance`; a chip built from it goes on there. */
  get state(): Uart16550State {
    return copyState(this.#state);
  }

  /** A byte from outside would be taken now. */
  get canReceive(): boolean {
    return !this.#loop && this.#state.received.length < this.#capacity;
  }

  /** Everything received has been read. */
  get receiverEmpty(): boolean {
    return this.#state.received.length === 0;
  }

  /**
   * A byte (0..255) comes in from outside now. Gives false if one was lost: the new byte with FIFOs, the
   * one before without them (both are overrun errors), or the new one in loop mode, where nobody listens.
   */
  receive(byte: number): boolean {
    const now = this.#clock.now();
    this.advance(now);
    return !this.#loop && this.#accept(byte & 0xff, now);
  }

  read(offset: number): number {
    const now = this.#clock.now();
    this.advance(now);
    const seen = this.peek(offset);
    if (seen >= 0) return seen;
    switch (offset) {
      case R.UART_RBR:
        return this.#readReceiver(now);
      case R.UART_IIR:
        return this.#readIdentification();
      case R.UART_LSR:
        return this.#readLineStatus();
      default:
        return this.#readModemStatus();
    }
  }

  /** Reads that clear nothing: a driver that polls the line status makes them most of the time. */
  peek(offset: number): number {
    const state = this.#state;
    switch (offset) {
      case R.UART_RBR:
        return this.#dlab ? state.divisor & 0xff : -1;
      case R.UART_IER:
        return this.#dlab ? state.divisor >> 8 : state.ier;
      case R.UART_IIR: {
        const source = this.#source();
        return source === R.UART_IIR_THR_EMPTY ? -1 : this.#identification(source);
      }
      case R.UART_LCR:
        return state.lcr;
      case R.UART_MCR:
        return state.mcr;
      case R.UART_LSR:
        return state.overrun ? -1 : this.#lineStatus();
      case R.UART_MSR:
        return (state.msr & MSR_DELTAS) === 0 ? state.msr : -1;
      case R.UART_SCR:
        return state.scr;
      default:
        return 0xff;
    }
  }

  write(offset: number, value: number): void {
    const now = this.#clock.now();
    this.advance(now);
    const state = this.#state;
    switch (offset) {
      case R.UART_THR:
        if (this.#dlab) state.divisor = (state.divisor & 0xff00) | value;
        else this.#writeHolding(value, now);
        break;
      case R.UART_IER:
        if (this.#dlab) state.divisor = (state.divisor & 0xff) | (value << 8);
        else this.#writeEnable(value);
        break;
      case R.UART_FCR:
        this.#writeFifoControl(value);
        break;
      case R.UART_LCR:
        state.lcr = value;
        break;
      case R.UART_MCR:
        this.#writeModemControl(value);
        break;
      case R.UART_SCR:
        state.scr = value;
        break;
      default: // Line and modem status are read only.
    }
    this.#updateInterrupt();
  }

  nextEvent(): number {
    const { shiftedAt, timeoutAt, ier } = this.#state;
    const timeoutIsSeen = timeoutAt !== null && (ier & R.UART_IER_ERBFI) !== 0;
    return Math.min(shiftedAt ?? Number.POSITIVE_INFINITY, timeoutIsSeen ? timeoutAt : Number.POSITIVE_INFINITY);
  }

  advance(now: number): void {
    const state = this.#state;
    while (state.shiftedAt !== null && state.shiftedAt <= now) {
      const at = state.shiftedAt;
      this.#checkTimeout(at);
      this.#finishByte(at);
    }
    this.#checkTimeout(now);
  }

  get #dlab(): boolean {
    return (this.#state.lcr & R.UART_LCR_DLAB) !== 0;
  }

  get #loop(): boolean {
    return (this.#state.mcr & R.UART_MCR_LOOP) !== 0;
  }

  get #fifo(): boolean {
    return (this.#state.fcr & R.UART_FCR_ENABLE) !== 0;
  }

  get #capacity(): number {
    return this.#fifo ? R.UART_FIFO_SIZE : 1;
  }

  #accept(byte: number, now: number): boolean {
    const { received } = this.#state;
    const room = received.length < this.#capacity;
    // "Line Status Register", overrun: with FIFOs the new byte is lost, without them the one before it.
    if (!room) this.#state.overrun = true;
    if (room || !this.#fifo) received[room ? received.length : 0] = byte;
    if (room) this.#startTimeout(now);
    this.#updateInterrupt();
    return room;
  }

  #readReceiver(now: number): number {
    const byte = this.#state.received.shift() ?? 0;
    this.#state.timedOut = false;
    this.#startTimeout(now);
    this.#updateInterrupt();
    return byte;
  }

  /** "FIFO Interrupt Mode Operation": a timeout that has happened stays until a byte is read. */
  #startTimeout(now: number): void {
    const state = this.#state;
    const waits = this.#fifo && state.received.length > 0 && !state.timedOut;
    state.timeoutAt = waits ? now + TIMEOUT_FRAMES * frameTime(state.lcr, state.divisor) : null;
  }

  #checkTimeout(now: number): void {
    const state = this.#state;
    if (state.timeoutAt === null || state.timeoutAt > now) return;
    state.timeoutAt = null;
    state.timedOut = true;
    this.#updateInterrupt();
  }

  #writeHolding(value: number, now: number): void {
    const state = this.#state;
    state.thrInterrupt = false;
    this.#updateInterrupt();
    if (state.waiting.length < this.#capacity) state.waiting.push(value);
    else if (!this.#fifo) state.waiting[0] = value;
    if (state.shifting === null) this.#startByte(now);
  }

  #startByte(at: number): void {
    const state = this.#state;
    const byte = state.waiting.shift();
    if (byte === undefined) return;
    state.shifting = byte & wordMask(state.lcr);
    state.shiftedAt = at + frameTime(state.lcr, state.divisor);
    if (state.waiting.length === 0) state.thrInterrupt = true;
    this.#updateInterrupt();
  }

  #finishByte(at: number): void {
    const state = this.#state;
    const byte = state.shifting ?? 0;
    state.shifting = null;
    state.shiftedAt = null;
    this.#startByte(at);
    if (this.#loop) this.#accept(byte, at);
    else this.#transmit(byte);
  }

  #writeEnable(value: number): void {
    const state = this.#state;
    const enabled = value & ~state.ier;
    state.ier = value & 0x0f;
    // Enabling the interrupt of an empty holding register makes it pending at once.
    if ((enabled & R.UART_IER_ETBEI) !== 0 && state.waiting.length === 0) state.thrInterrupt = true;
  }

  /** "FIFO Control Register": the other bits are programmed only together with a set enable bit; changing that clears both FIFOs. */
  #writeFifoControl(value: number): void {
    const state = this.#state;
    const changed = ((value ^ state.fcr) & R.UART_FCR_ENABLE) !== 0;
    const enable = (value & R.UART_FCR_ENABLE) !== 0;
    state.fcr = enable ? value & (R.UART_FCR_ENABLE | (3 << R.UART_FCR_TRIGGER_SHIFT)) : 0;
    if (changed || (enable && (value & R.UART_FCR_CLEAR_RECEIVER) !== 0)) {
      state.received = [];
      state.timeoutAt = null;
      state.timedOut = false;
    }
    if (changed || (enable && (value & R.UART_FCR_CLEAR_TRANSMITTER) !== 0)) {
      if (state.waiting.length > 0) state.thrInterrupt = true;
      state.waiting = [];
    }
  }

  #writeModemControl(value: number): void {
    const state = this.#state;
    state.mcr = value & 0x1f;
    const before = state.msr & 0xf0;
    const after = modemLines(state.mcr);
    const changed = before ^ after;
    const deltas = ((changed & ~R.UART_MSR_RI) | (changed & before & R.UART_MSR_RI)) >> 4;
    state.msr = after | (state.msr & MSR_DELTAS) | deltas;
  }

  #lineStatus(): number {
    const { received, overrun, waiting, shifting } = this.#state;
    let status = 0;
    if (received.length > 0) status |= R.UART_LSR_DATA_READY;
    if (overrun) status |= R.UART_LSR_OVERRUN;
    if (waiting.length === 0) status |= R.UART_LSR_THR_EMPTY;
    if (waiting.length === 0 && shifting === null) status |= R.UART_LSR_TRANSMITTER_EMPTY;
    return status;
  }

  /** An overrun is told once. */
  #readLineStatus(): number {
    const status = this.#lineStatus();
    this.#state.overrun = false;
    this.#updateInterrupt();
    return status;
  }

  #readModemStatus(): number {
    const { msr } = this.#state;
    this.#state.msr = msr & ~MSR_DELTAS;
    this.#updateInterrupt();
    return msr;
  }

  /** The interrupt of an empty holding register is told once. */
  #readIdentification(): number {
    this.#state.thrInterrupt = false;
    this.#updateInterrupt();
    return this.#identification(R.UART_IIR_THR_EMPTY);
  }

  #identification(source: number): number {
    return source | (this.#fifo ? R.UART_IIR_FIFO : 0);
  }

  /** The pending interrupt of the highest priority ("Interrupt Control Functions"), as the identification register shows it. */
  #source(): number {
    const { ier, overrun, received, fcr, timedOut, thrInterrupt, msr } = this.#state;
    if ((ier & R.UART_IER_ELSI) !== 0 && overrun) return R.UART_IIR_LINE_STATUS;
    if ((ier & R.UART_IER_ERBFI) !== 0 && received.length >= triggerLevel(fcr)) return R.UART_IIR_RECEIVED_DATA;
    if ((ier & R.UART_IER_ERBFI) !== 0 && timedOut) return R.UART_IIR_TIMEOUT;
    if ((ier & R.UART_IER_ETBEI) !== 0 && thrInterrupt) return R.UART_IIR_THR_EMPTY;
    return (ier & R.UART_IER_EDSSI) !== 0 && (msr & MSR_DELTAS) !== 0 ? R.UART_IIR_MODEM_STATUS : R.UART_IIR_NONE;
  }

  /** OUT2 gates the line on a PC, and loop mode forces the output pins inactive ("Modem Control Register"). */
  #updateInterrupt(): void {
    const state = this.#state;
    const gate = (state.mcr & (R.UART_MCR_OUT2 | R.UART_MCR_LOOP)) === R.UART_MCR_OUT2;
    const level = gate && this.#source() !== R.UART_IIR_NONE;
    if (level === state.interrupt) return;
    state.interrupt = level;
    this.#irq.set(level);
  }
}
