/**
 * Bochs VBE: ports, indices and bits of the display interface of emulators.
 *
 * Here: numbers only. Not here: what they do (`chip.ts`).
 * Bochs VBE display interface (LGPL VGABios documentation, vbe_display_api.txt); QEMU, docs/specs/standard-vga.
 * @module
 */
/** Index (a word at 1ce) and data (a word at 1cf, and at 1d0). */
export const VBE_PORT = 0x1ce;
/** Where the frame buffer lies in a machine without PCI. */
export const VBE_FRAME_BUFFER = 0xe0000000;
export const VBE_PORT_COUNT = 4;
/** Offsets in the chip. */
export const VBE_INDEX = 0;
export const VBE_DATA = 1;
export const VBE_DATA_ALIGNED = 2;

export const VBE_ID = 0;
export const VBE_XRES = 1;
export const VBE_YRES = 2;
export const VBE_BPP = 3;
export const VBE_ENABLE = 4;
export const VBE_BANK = 5;
export const VBE_VIRTUAL_WIDTH = 6;
export const VBE_VIRTUAL_HEIGHT = 7;
export const VBE_X_OFFSET = 8;
export const VBE_Y_OFFSET = 9;
export const VBE_MEMORY_64K = 10;
export const VBE_REGISTER_COUNT = 11;

/** Versions: the first, and the last, which has all that is here. */
export const VBE_ID0 = 0xb0c0;
export const VBE_ID5 = 0xb0c5;

export const VBE_ENABLED = 0x01;
/** Resolution and depth read as what is possible at most. */
export const VBE_GETCAPS = 0x02;
export const VBE_8BIT_DAC = 0x20;
export const VBE_LFB_ENABLED = 0x40;
/** Enabling leaves the memory as it is. */
export const VBE_NOCLEARMEM = 0x80;

export const VBE_MAXIMUM_XRES = 2560;
export const VBE_MAXIMUM_YRES = 1600;
export const VBE_MAXIMUM_BPP = 32;
/** Bytes of a bank, which is what the window at a0000 shows. */
export const VBE_BANK_SIZE = 0x10000;

/** The PCI function: QEMU's standard VGA; its memory is base address 0. */
export const VBE_PCI_VENDOR_ID = 0x1234;
export const VBE_PCI_DEVICE_ID = 0x1111;
