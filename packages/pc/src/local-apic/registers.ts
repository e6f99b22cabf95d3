/**
 * Local APIC: registers at FEE00000, each a dword at a multiple of 16.
 *
 * Here: numbers. Not here: what they do (`chip.ts`). Intel SDM Vol. 3A, chapter 10, table 10-1.
 * @module
 */
export const APIC_MEMORY = 0xfee00000;
export const APIC_MEMORY_SIZE = 0x1000;

export const APIC_ID = 0x20;
export const APIC_VERSION = 0x30;
export const APIC_TPR = 0x80;
export const APIC_PPR = 0xa0;
export const APIC_EOI = 0xb0;
export const APIC_LDR = 0xd0;
export const APIC_DFR = 0xe0;
export const APIC_SVR = 0xf0;
/** Eight dwords each: in service, trigger mode, requested. */
export const APIC_ISR = 0x100;
export const APIC_TMR = 0x180;
export const APIC_IRR = 0x200;
export const APIC_ESR = 0x280;
export const APIC_ICR_LOW = 0x300;
export const APIC_ICR_HIGH = 0x310;
export const APIC_LVT_TIMER = 0x320;
/** Thermal sensor, performance counters, LINT0, LINT1, error. */
export const APIC_LVT_LAST = 0x370;
export const APIC_TIMER_INITIAL = 0x380;
export const APIC_TIMER_CURRENT = 0x390;
export const APIC_TIMER_DIVIDE = 0x3e0;

/** Version 14 with six entries of the local vector table. */
export const APIC_VERSION_VALUE = 0x00050014;
export const APIC_SVR_ENABLE = 0x100;
export const APIC_SVR_AT_RESET = 0xff;
export const APIC_LVT_MASKED = 0x10000;
export const APIC_LVT_PERIODIC = 0x20000;

/** Interrupt command: how it is delivered, to whom. */
export const APIC_ICR_MODE = 0x700;
export const APIC_ICR_FIXED = 0x000;
export const APIC_ICR_NMI = 0x400;
export const APIC_ICR_LOGICAL = 0x800;
export const APIC_ICR_SHORTHAND = 0xc0000;
export const APIC_ICR_SELF = 0x40000;
export const APIC_ICR_ALL = 0x80000;
export const APIC_ICR_BROADCAST = 0xff;
