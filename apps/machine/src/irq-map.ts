/**
 * Where the reference machine's chips sit: interrupt lines and ports.
 *
 * Here: the PC's customary numbers. Not here: the registers behind the ports (→ @kintsugi/pc), the wiring
 * (→ machine.ts). Reference: IBM PC/AT Technical Reference (1985), I/O address map and system interrupts.
 * @module
 */
export const IRQ_TIMER = 0;
export const IRQ_COM1 = 4;
export const IRQ_LPT1 = 7;

export const PORT_PIC_MASTER = 0x20;
export const PORT_PIT = 0x40;
export const PORT_SYSTEM_CONTROL = 0x61;
export const PORT_PIC_SLAVE = 0xa0;
export const PORT_EXIT = 0xf4;
export const PORT_LPT1 = 0x378;
export const PORT_COM1 = 0x3f8;
export const PORT_RESET_CONTROL = 0xcf9;
