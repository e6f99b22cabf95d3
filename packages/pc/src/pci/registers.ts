/**
 * PCI configuration: mechanism 1, the common header, a chip set of 1996.
 *
 * Here: ports, offsets and bits. Not here: what they do (`config-space.ts`, `host.ts`, `chip-set.ts`).
 * PCI Local Bus Specification 2.1, sections 3.7.4 and 6; Intel 82441FX (PMC) and 82371SB (PIIX3) data sheets.
 * @module
 */
export const PCI_ADDRESS_PORT = 0xcf8;
export const PCI_DATA_PORT = 0xcfc;
export const PCI_DATA_PORT_COUNT = 4;
/** Address register: the data port is open. */
export const PCI_ADDRESS_ENABLE = 0x80000000;

export const PCI_VENDOR_ID = 0x00;
export const PCI_DEVICE_ID = 0x02;
export const PCI_COMMAND = 0x04;
export const PCI_STATUS = 0x06;
export const PCI_REVISION = 0x08;
export const PCI_CLASS = 0x09;
export const PCI_HEADER_TYPE = 0x0e;
export const PCI_BAR0 = 0x10;
export const PCI_SUBSYSTEM_VENDOR_ID = 0x2c;
export const PCI_SUBSYSTEM_ID = 0x2e;
export const PCI_ROM_BAR = 0x30;
export const PCI_INTERRUPT_LINE = 0x3c;
export const PCI_INTERRUPT_PIN = 0x3d;
export const PCI_CONFIG_SIZE = 256;

export const PCI_COMMAND_IO = 0x0001;
export const PCI_COMMAND_MEMORY = 0x0002;
export const PCI_COMMAND_MASTER = 0x0004;
/** Header type: the device has more functions than this one. */
export const PCI_HEADER_MULTIFUNCTION = 0x80;
/** Base address: it is one of I/O. */
export const PCI_BAR_IO = 0x01;
/** ROM base address: the ROM shows. */
export const PCI_ROM_ENABLE = 0x01;

/** 82441FX: programmable attributes of the area from c0000 on; high half of the first: f0000. */
export const PCI_PAM0 = 0x59;
export const PCI_PAM_COUNT = 7;
export const PCI_PAM_READ = 1;
export const PCI_PAM_WRITE = 2;
/** 82441FX: system management RAM control; kept and without effect. */
export const PCI_SMRAM = 0x72;
/** 82371SB: routing of the PCI interrupts A to D; bit 7 = not routed. */
export const PCI_PIRQ_ROUTE = 0x60;
export const PCI_PIRQ_COUNT = 4;
/** 82371SB, function 1: timing of the two IDE channels; bit 15 = the channel decodes its ports. */
export const PCI_IDE_TIMING = 0x40;
export const PCI_IDE_DECODE = 0x8000;
