/**
 * UART 16550A: ports, offsets and bits.
 *
 * Here: the register file. Not here: what it does (`chip.ts`).
 * National Semiconductor PC16550D data sheet (TL/C/8652), "Summary of Registers".
 * @module
 */
/** First port of COM1, and its interrupt. */
export const UART_PORT = 0x3f8;
export const UART_PORT_COUNT = 8;
export const UART_IRQ = 4;
/** Crystal over 16: the bit rate with a divisor of 1. */
export const UART_BASE_RATE = 115200;
/** Bytes in each FIFO. */
export const UART_FIFO_SIZE = 16;

/** Receiver buffer (read) and transmitter holding register (write), with DLAB = 0. */
export const UART_RBR = 0;
export const UART_THR = 0;
/** Interrupt enable, with DLAB = 0. */
export const UART_IER = 1;
/** Divisor latch, with DLAB = 1. */
export const UART_DLL = 0;
export const UART_DLM = 1;
/** Interrupt identification (read) and FIFO control (write). */
export const UART_IIR = 2;
export const UART_FCR = 2;
export const UART_LCR = 3;
export const UART_MCR = 4;
export const UART_LSR = 5;
export const UART_MSR = 6;
export const UART_SCR = 7;

/** Interrupt enable: received data (and character timeout). */
export const UART_IER_ERBFI = 0x01;
/** Interrupt enable: transmitter holding register empty. */
export const UART_IER_ETBEI = 0x02;
/** Interrupt enable: receiver line status. */
export const UART_IER_ELSI = 0x04;
/** Interrupt enable: modem status. */
export const UART_IER_EDSSI = 0x08;

/** Interrupt identification: 1 = nothing is pending. */
export const UART_IIR_NONE = 0x01;
export const UART_IIR_LINE_STATUS = 0x06;
export const UART_IIR_RECEIVED_DATA = 0x04;
export const UART_IIR_TIMEOUT = 0x0c;
export const UART_IIR_THR_EMPTY = 0x02;
export const UART_IIR_MODEM_STATUS = 0x00;
/** Interrupt identification: the FIFOs are enabled. */
export const UART_IIR_FIFO = 0xc0;

export const UART_FCR_ENABLE = 0x01;
export const UART_FCR_CLEAR_RECEIVER = 0x02;
export const UART_FCR_CLEAR_TRANSMITTER = 0x04;
/** Receiver trigger level: 0..3 for 1, 4, 8, 14 bytes. */
export const UART_FCR_TRIGGER_SHIFT = 6;

/** Word length: 0..3 for 5..8 bits. */
export const UART_LCR_WORD_LENGTH = 0x03;
/** 1 = two stop bits (one and a half with words of 5 bits). */
export const UART_LCR_STOP = 0x04;
export const UART_LCR_PARITY = 0x08;
export const UART_LCR_DLAB = 0x80;

export const UART_MCR_DTR = 0x01;
export const UART_MCR_RTS = 0x02;
export const UART_MCR_OUT1 = 0x04;
/** On a PC this output lets the interrupt through to the interrupt controller. */
export const UART_MCR_OUT2 = 0x08;
export const UART_MCR_LOOP = 0x10;

export const UART_LSR_DATA_READY = 0x01;
export const UART_LSR_OVERRUN = 0x02;
export const UART_LSR_THR_EMPTY = 0x20;
export const UART_LSR_TRANSMITTER_EMPTY = 0x40;

export const UART_MSR_DELTA_CTS = 0x01;
export const UART_MSR_DELTA_DSR = 0x02;
/** The ring indicator has gone from on to off. */
export const UART_MSR_TRAILING_RI = 0x04;
export const UART_MSR_DELTA_DCD = 0x08;
export const UART_MSR_CTS = 0x10;
export const UART_MSR_DSR = 0x20;
export const UART_MSR_RI = 0x40;
export const UART_MSR_DCD = 0x80;
