/**
 * @kintsugi/pc: the chips of a PC as values.
 *
 * Here: the public names. Reading order: the interfaces, `bus/`, then one folder per chip.
 * @module
 */
export type { BusMasterState } from "./ata/bus-master.ts";
export type { CdRomState } from "./ata/cd-rom.ts";
export type { AtaChannelState } from "./ata/channel.ts";
export * from "./ata/chip.ts";
export type * from "./ata/disk.ts";
export type { HardDiskState } from "./ata/hard-disk.ts";
export * from "./ata/registers.ts";
export * from "./bus/mmio-bus.ts";
export * from "./bus/port-bus.ts";
export type * from "./clock.ts";
export * from "./debug/chip.ts";
export * from "./debug/registers.ts";
export type * from "./dma-memory.ts";
export * from "./fw-cfg/chip.ts";
export * from "./fw-cfg/registers.ts";
export * from "./i8042/chip.ts";
export type { KeyboardState } from "./i8042/keyboard.ts";
export type { MouseState } from "./i8042/mouse.ts";
export * from "./i8042/registers.ts";
export { isKeyCode, type KeyCode } from "./i8042/scan-codes.ts";
export * from "./i8042/state.ts";
export * from "./i8237a/chip.ts";
export type { DmaChannelState, DmaControllerState } from "./i8237a/controller.ts";
export * from "./i8237a/registers.ts";
export type { ChannelState } from "./i8254/channel.ts";
export * from "./i8254/chip.ts";
export type { CounterState } from "./i8254/counter.ts";
export * from "./i8254/registers.ts";
export * from "./i8259a/chip.ts";
export type { PicState } from "./i8259a/pic.ts";
export * from "./i8259a/registers.ts";
export type * from "./irq-line.ts";
export * from "./local-apic/chip.ts";
export * from "./local-apic/registers.ts";
export * from "./lpt/chip.ts";
export * from "./lpt/connector.ts";
export * from "./lpt/printer.ts";
export * from "./lpt/registers.ts";
export * from "./mc146818/chip.ts";
export * from "./mc146818/cmos.ts";
export * from "./mc146818/registers.ts";
export type { CivilTime } from "./mc146818/time-of-day.ts";
export type * from "./mmio-device.ts";
export * from "./pci/chip-set.ts";
export * from "./pci/config-space.ts";
export * from "./pci/host.ts";
export * from "./pci/registers.ts";
export type * from "./port-device.ts";
export * from "./power/chip.ts";
export * from "./power/registers.ts";
export * from "./system-control/chip.ts";
export * from "./system-control/registers.ts";
export * from "./uart16550/chip.ts";
export * from "./uart16550/registers.ts";
export { UART16550_STATE_AT_RESET, type Uart16550State } from "./uart16550/state.ts";
export * from "./vbe/chip.ts";
export * from "./vbe/registers.ts";
export * from "./vga/chip.ts";
export { fillTextMemory } from "./vga/font.ts";
export * from "./vga/registers.ts";
export type { Picture } from "./vga/render.ts";
export { VGA_STATE_AT_RESET, VGA_STATE_IN_TEXT_MODE, type VgaState } from "./vga/state.ts";
