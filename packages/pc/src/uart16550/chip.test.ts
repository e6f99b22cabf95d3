import { beforeEach, describe, expect, it } from "vitest";
import { Uart16550 } from "./chip.ts";
import { frameTime } from "./line.ts";
import * as R from "./registers.ts";

let now: number;
let sent: [number, number][];
let irq: boolean[];
let uart: Uart16550;

const EIGHT_BITS = 3;
/** One frame of 8N1 at 115,200 baud, rounded up to whole ns. */
const FRAME = 86_806;

function build(): void {
  now = 0;
  sent = [];
  irq = [];
  uart = new Uart16550({ now: () => now }, { set: (level) => irq.push(level) }, (byte) => sent.push([byte, now]));
}

/** 8N1 at 115,200 baud, with OUT2 so that interrupts get out. */
function program(ier: number, fcr = 0): void {
  uart.write(R.UART_LCR, R.UART_LCR_DLAB | EIGHT_BITS);
  uart.write(R.UART_DLL, 1);
  uart.write(R.UART_DLM, 0);
  uart.write(R.UART_LCR, EIGHT_BITS);
  uart.write(R.UART_FCR, fcr);
  uart.write(R.UART_MCR, R.UART_MCR_DTR | R.UART_MCR_RTS | R.UART_MCR_OUT2);
  uart.write(R.UART_IER, ier);
}

/** Lets virtual time pass, visiting the chip at each of its events. */
function wait(ns: number): void {
  const until = now + ns;
  while (uart.nextEvent() <= until) {
    now = uart.nextEvent();
    uart.advance(now);
  }
  now = until;
  uart.advance(now);
}

const receive = (...bytes: number[]): boolean[] => bytes.map((byte) => uart.receive(byte));
const identification = (): number => uart.read(R.UART_IIR) & 0x0f;
const lineStatus = (): number => uart.read(R.UART_LSR);
const write = (...bytes: number[]): void => {
  for (const byte of bytes) uart.write(R.UART_THR, byte);
};

beforeEach(build);

describe("after reset", () => {
  it("the registers are those of the data sheet", () => {
    const values = [0, 1, 2, 3, 4, 5, 6, 7].map((register) => uart.read(register));
    expect(values).toEqual([0, 0, 0x01, 0, 0, 0x60, 0xb0, 0]);
  });

  it("the scratch register keeps what it is given, and line and modem status do not", () => {
    for (const register of [R.UART_SCR, R.UART_LSR, R.UART_MSR, 8]) uart.write(register, 0x5a);
    expect([7, 5, 6, 8].map((register) => uart.read(register))).toEqual([0x5a, 0x60, 0xb0, 0xff]);
  });

  it("DLAB shows the divisor in the place of data and interrupt enable", () => {
    uart.write(R.UART_IER, 0xff);
    uart.write(R.UART_LCR, R.UART_LCR_DLAB);
    uart.write(R.UART_DLL, 0x34);
    uart.write(R.UART_DLM, 0x12);
    expect([uart.read(R.UART_DLL), uart.read(R.UART_DLM), uart.state.divisor]).toEqual([0x34, 0x12, 0x1234]);
    expect([uart.state.waiting, uart.state.shifting]).toEqual([[], null]);
    uart.write(R.UART_LCR, 0);
    expect(uart.read(R.UART_IER)).toBe(0x0f);
  });
});

describe("the transmitter", () => {
  it("lets a byte leave after ten bit times", () => {
    program(0);
    write(0x41);
    wait(FRAME - 1);
    expect([sent, lineStatus()]).toEqual([[], R.UART_LSR_THR_EMPTY]);
    wait(1);
    expect([sent, lineStatus()]).toEqual([[[0x41, FRAME]], R.UART_LSR_THR_EMPTY | R.UART_LSR_TRANSMITTER_EMPTY]);
  });

  it("takes as long as divisor and frame say", () => {
    expect(frameTime(EIGHT_BITS, 1)).toBe(FRAME);
    expect(frameTime(EIGHT_BITS, 12)).toBe(1_041_667);
    expect(frameTime(EIGHT_BITS | R.UART_LCR_STOP | R.UART_LCR_PARITY, 1)).toBe(Math.ceil(12e9 / 115_200));
    expect(frameTime(R.UART_LCR_STOP, 1)).toBe(Math.ceil(7.5e9 / 115_200));
    expect(frameTime(EIGHT_BITS, 0)).toBe(frameTime(EIGHT_BITS, 0x10000));
  });

  it("sends words of five bits without the others", () => {
    write(0xff);
    wait(1e9);
    expect(sent[0][0]).toBe(0x1f);
  });

  it("without FIFOs holds one byte, and a second write replaces it", () => {
    program(0);
    write(1, 2, 3);
    expect(lineStatus()).toBe(0);
    wait(1e9);
    expect(sent).toEqual([
      [1, FRAME],
      [3, 2 * FRAME],
    ]);
  });

  it("with FIFOs holds sixteen, sends them back to back, and loses what is too much", () => {
    program(0, R.UART_FCR_ENABLE);
    write(...Array.from({ length: 20 }, (_, i) => i));
    wait(1e9);
    expect(sent).toEqual(Array.from({ length: 17 }, (_, i) => [i, (i + 1) * FRAME]));
  });

  it("asks for more when the holding register is empty, until that is read or written", () => {
    program(R.UART_IER_ETBEI);
    expect(irq).toEqual([true]);
    expect([identification(), identification()]).toEqual([R.UART_IIR_THR_EMPTY, R.UART_IIR_NONE]);
    write(1);
    write(2);
    expect(irq).toEqual([true, false, true, false]);
    wait(FRAME);
    expect(irq.at(-1)).toBe(true);
    expect(identification()).toBe(R.UART_IIR_THR_EMPTY);
    expect(irq.at(-1)).toBe(false);
  });

  it("forgets the FIFO and not the shift register when cleared", () => {
    program(0, R.UART_FCR_ENABLE);
    write(1, 2, 3);
    uart.write(R.UART_FCR, R.UART_FCR_ENABLE | R.UART_FCR_CLEAR_TRANSMITTER);
    wait(1e9);
    expect(sent).toEqual([[1, FRAME]]);
  });
});

describe("the receiver", () => {
  it("without FIFOs keeps the last byte and reports that one was lost", () => {
    program(R.UART_IER_ERBFI | R.UART_IER_ELSI);
    expect([uart.canReceive, uart.receiverEmpty]).toEqual([true, true]);
    expect(receive(1, 2)).toEqual([true, false]);
    expect([uart.canReceive, uart.receiverEmpty]).toEqual([false, false]);
    expect(identification()).toBe(R.UART_IIR_LINE_STATUS);
    expect(lineStatus() & 0x03).toBe(R.UART_LSR_DATA_READY | R.UART_LSR_OVERRUN);
    expect(lineStatus() & 0x03).toBe(R.UART_LSR_DATA_READY);
    expect(identification()).toBe(R.UART_IIR_RECEIVED_DATA);
    expect([uart.read(R.UART_RBR), identification(), irq]).toEqual([2, R.UART_IIR_NONE, [true, false]]);
  });

  it("with FIFOs keeps sixteen and loses the newest", () => {
    program(0, R.UART_FCR_ENABLE);
    const results = receive(...Array.from({ length: 17 }, (_, i) => i));
    expect(results.lastIndexOf(true)).toBe(15);
    expect(results[16]).toBe(false);
    const read = Array.from({ length: 17 }, () => uart.read(R.UART_RBR));
    expect(read).toEqual([...Array.from({ length: 16 }, (_, i) => i), 0]);
  });

  it.each([
    [0, 1],
    [1, 4],
    [2, 8],
    [3, 14],
  ])("trigger %i interrupts at %i bytes and falls silent below", (trigger, level) => {
    program(R.UART_IER_ERBFI, R.UART_FCR_ENABLE | (trigger << R.UART_FCR_TRIGGER_SHIFT));
    receive(...new Array(level - 1).fill(0));
    expect(irq).toEqual([]);
    receive(0);
    expect([irq, uart.read(R.UART_IIR)]).toEqual([[true], R.UART_IIR_RECEIVED_DATA | R.UART_IIR_FIFO]);
    uart.read(R.UART_RBR);
    expect(irq).toEqual([true, false]);
  });

  it("reports bytes below the trigger after four frames without one coming or being read", () => {
    program(R.UART_IER_ERBFI, R.UART_FCR_ENABLE | (3 << R.UART_FCR_TRIGGER_SHIFT));
    receive(1);
    wait(4 * FRAME - 1);
    receive(2);
    wait(4 * FRAME - 1);
    expect(irq).toEqual([]);
    wait(1);
    expect([irq, identification()]).toEqual([[true], R.UART_IIR_TIMEOUT]);
    receive(3);
    expect(identification()).toBe(R.UART_IIR_TIMEOUT);
    expect([uart.read(R.UART_RBR), identification()]).toEqual([1, R.UART_IIR_NONE]);
    wait(4 * FRAME);
    expect(identification()).toBe(R.UART_IIR_TIMEOUT);
    expect([uart.read(R.UART_RBR), uart.read(R.UART_RBR)]).toEqual([2, 3]);
    expect(uart.nextEvent()).toBe(Number.POSITIVE_INFINITY);
  });

  it("announces a timeout only to those who would see it", () => {
    program(0, R.UART_FCR_ENABLE);
    receive(1);
    expect(uart.nextEvent()).toBe(Number.POSITIVE_INFINITY);
    wait(1e9);
    uart.write(R.UART_IER, R.UART_IER_ERBFI);
    expect(identification()).toBe(R.UART_IIR_RECEIVED_DATA);
  });

  it("is emptied by clearing it and by switching the FIFOs, but not by FCR bits without the enable bit", () => {
    program(0, R.UART_FCR_ENABLE);
    receive(1);
    uart.write(R.UART_FCR, R.UART_FCR_ENABLE | R.UART_FCR_CLEAR_RECEIVER);
    expect(uart.receiverEmpty).toBe(true);
    receive(2);
    uart.write(R.UART_FCR, 0);
    expect([uart.receiverEmpty, uart.read(R.UART_IIR)]).toEqual([true, R.UART_IIR_NONE]);
    receive(3);
    uart.write(R.UART_FCR, R.UART_FCR_CLEAR_RECEIVER);
    expect(uart.read(R.UART_RBR)).toBe(3);
  });
});

describe("interrupts", () => {
  it("come in the order line status, data, holding register, modem status", () => {
    program(0x0f);
    uart.write(R.UART_MCR, R.UART_MCR_LOOP);
    uart.write(R.UART_MCR, R.UART_MCR_OUT2);
    receive(1, 2);
    expect(identification()).toBe(R.UART_IIR_LINE_STATUS);
    lineStatus();
    expect(identification()).toBe(R.UART_IIR_RECEIVED_DATA);
    uart.read(R.UART_RBR);
    expect(identification()).toBe(R.UART_IIR_THR_EMPTY);
    expect(identification()).toBe(R.UART_IIR_MODEM_STATUS);
    uart.read(R.UART_MSR);
    expect(identification()).toBe(R.UART_IIR_NONE);
    expect(irq.at(-1)).toBe(false);
  });

  it("leave only with OUT2, and not in loop mode", () => {
    program(R.UART_IER_ERBFI);
    uart.write(R.UART_MCR, 0);
    receive(1);
    expect(irq).toEqual([]);
    uart.write(R.UART_MCR, R.UART_MCR_OUT2);
    uart.write(R.UART_MCR, R.UART_MCR_OUT2 | R.UART_MCR_LOOP);
    expect(irq).toEqual([true, false]);
  });
});

describe("loop mode", () => {
  it("brings a byte back after its frame, and nothing in or out", () => {
    program(0);
    uart.write(R.UART_MCR, R.UART_MCR_LOOP);
    write(0x55);
    expect([receive(9), uart.canReceive]).toEqual([[false], false]);
    wait(FRAME - 1);
    expect(uart.receiverEmpty).toBe(true);
    wait(1);
    expect([uart.read(R.UART_RBR), sent]).toEqual([0x55, []]);
  });

  it("brings the four outputs back as modem lines and marks what has changed", () => {
    const modem = (mcr: number): number => {
      uart.write(R.UART_MCR, R.UART_MCR_LOOP | mcr);
      return uart.read(R.UART_MSR);
    };
    modem(0);
    expect(modem(R.UART_MCR_DTR)).toBe(R.UART_MSR_DSR | R.UART_MSR_DELTA_DSR);
    expect(modem(R.UART_MCR_RTS)).toBe(R.UART_MSR_CTS | R.UART_MSR_DELTA_CTS | R.UART_MSR_DELTA_DSR);
    expect(modem(R.UART_MCR_OUT1)).toBe(R.UART_MSR_RI | R.UART_MSR_DELTA_CTS);
    expect(modem(R.UART_MCR_OUT2)).toBe(R.UART_MSR_DCD | R.UART_MSR_DELTA_DCD | R.UART_MSR_TRAILING_RI);
    expect(uart.read(R.UART_MSR)).toBe(R.UART_MSR_DCD);
  });
});
