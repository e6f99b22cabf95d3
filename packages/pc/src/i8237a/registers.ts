/**
 * 8237A pair and page registers of a PC: ports, offsets and bits.
 *
 * Here: numbers only. Not here: what they do (`controller.ts`, `chip.ts`).
 * Intel 8237A data sheet (231466-005), "Register Description"; IBM PC/AT Technical Reference, "DMA".
 * @module
 */
/** Channels 0 to 3 at ports 0 to f; 4 to 7 at even ports from c0 on; page registers at 80 to 8f. */
export const DMA_PORT = 0x00;
export const DMA_PORT_COUNT = 16;
export const DMA_SECOND_PORT = 0xc0;
export const DMA_SECOND_PORT_COUNT = 32;
export const DMA_PAGE_PORT = 0x80;
export const DMA_PAGE_PORT_COUNT = 16;
/** Offsets in the chip of the first ports of the three ranges. */
export const DMA_FIRST = 0x00;
export const DMA_SECOND = 0x10;
export const DMA_PAGE = 0x30;

/** Registers of one controller; below are address (even) and count (odd) of its four channels. */
export const DMA_STATUS = 8;
export const DMA_COMMAND = 8;
export const DMA_REQUEST = 9;
export const DMA_SINGLE_MASK = 10;
export const DMA_MODE = 11;
export const DMA_CLEAR_FLIP_FLOP = 12;
export const DMA_MASTER_CLEAR = 13;
export const DMA_TEMPORARY = 13;
export const DMA_CLEAR_MASK = 14;
export const DMA_ALL_MASK = 15;

/** Command: the controller is off. */
export const DMA_COMMAND_DISABLE = 0x04;
/** Mode: what is done with memory, seen from it. */
export const DMA_MODE_TRANSFER = 0x0c;
export const DMA_MODE_VERIFY = 0x00;
export const DMA_MODE_WRITE = 0x04;
export const DMA_MODE_READ = 0x08;
/** Mode: begin again after the last one. */
export const DMA_MODE_AUTO = 0x10;
/** Mode: addresses count down. */
export const DMA_MODE_DOWN = 0x20;
/** Mode: 3 = the channel is a cascade and moves nothing. */
export const DMA_MODE_CASCADE = 0xc0;
/** Single mask and request: the bit to set or clear. */
export const DMA_BIT_SET = 0x04;

/** Offsets from DMA_PAGE of the page registers of channels 0 to 3 and 5 to 7. */
export const DMA_PAGE_CHANNEL0 = 7;
export const DMA_PAGE_CHANNEL1 = 3;
export const DMA_PAGE_CHANNEL2 = 1;
export const DMA_PAGE_CHANNEL3 = 2;
export const DMA_PAGE_CHANNEL5 = 11;
export const DMA_PAGE_CHANNEL6 = 9;
export const DMA_PAGE_CHANNEL7 = 10;
