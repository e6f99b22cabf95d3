/**
 * VGA: ports, registers and bits.
 *
 * Here: numbers only. Not here: what they do (`chip.ts`, `window.ts`, `timing.ts`, `render.ts`).
 * IBM PS/2 Hardware Interface Technical Reference (1992), "Video Subsystem".
 * @module
 */
/** The ports of the chip are 3b0 to 3df; offsets are from the first. */
export const VGA_PORT = 0x3b0;
export const VGA_PORT_COUNT = 0x30;
/** Addresses of the memory window. */
export const VGA_MEMORY = 0xa0000;
export const VGA_MEMORY_SIZE = 0x20000;
/** Bytes of the memory of a standard VGA: four planes of 64 KiB. */
export const VGA_PLANES_SIZE = 0x40000;

/** Offsets; CRTC and status 1 appear at two places, of which one is on. */
export const VGA_CRTC_INDEX_MONO = 0x04;
export const VGA_CRTC_DATA_MONO = 0x05;
export const VGA_STATUS1_MONO = 0x0a;
export const VGA_ATTRIBUTE = 0x10;
export const VGA_ATTRIBUTE_READ = 0x11;
/** Miscellaneous output (write), input status 0 (read). */
export const VGA_MISC_WRITE = 0x12;
export const VGA_SUBSYSTEM_ENABLE = 0x13;
export const VGA_SEQUENCER_INDEX = 0x14;
export const VGA_SEQUENCER_DATA = 0x15;
export const VGA_DAC_MASK = 0x16;
/** Read index (write), state (read). */
export const VGA_DAC_READ_INDEX = 0x17;
export const VGA_DAC_WRITE_INDEX = 0x18;
export const VGA_DAC_DATA = 0x19;
export const VGA_FEATURE_READ = 0x1a;
export const VGA_MISC_READ = 0x1c;
export const VGA_GRAPHICS_INDEX = 0x1e;
export const VGA_GRAPHICS_DATA = 0x1f;
export const VGA_CRTC_INDEX = 0x24;
export const VGA_CRTC_DATA = 0x25;
export const VGA_STATUS1 = 0x2a;

/** Miscellaneous output: CRTC at 3d4 and not 3b4; memory answers; pixel clock 28.322 and not 25.175 MHz. */
export const VGA_MISC_COLOUR = 0x01;
export const VGA_MISC_RAM = 0x02;
export const VGA_MISC_CLOCK28 = 0x04;

/** Status 1: no picture just now; vertical retrace. */
export const VGA_STATUS1_BLANK = 0x01;
export const VGA_STATUS1_RETRACE = 0x08;

export const VGA_SEQUENCER_CLOCKING = 1;
export const VGA_CLOCKING_8_DOTS = 0x01;
export const VGA_CLOCKING_HALF = 0x08;
export const VGA_CLOCKING_OFF = 0x20;
export const VGA_SEQUENCER_MAP_MASK = 2;
export const VGA_SEQUENCER_CHARACTER_MAP = 3;
export const VGA_SEQUENCER_MEMORY_MODE = 4;
/** Memory mode: 0 = even addresses to even planes and odd to odd ones. */
export const VGA_MEMORY_MODE_SEQUENTIAL = 0x04;
export const VGA_MEMORY_MODE_CHAIN4 = 0x08;

export const VGA_CRTC_HORIZONTAL_TOTAL = 0x00;
export const VGA_CRTC_HORIZONTAL_END = 0x01;
export const VGA_CRTC_VERTICAL_TOTAL = 0x06;
export const VGA_CRTC_OVERFLOW = 0x07;
export const VGA_CRTC_MAXIMUM_SCAN = 0x09;
export const VGA_CRTC_CURSOR_START = 0x0a;
export const VGA_CRTC_CURSOR_END = 0x0b;
export const VGA_CRTC_START_HIGH = 0x0c;
export const VGA_CRTC_START_LOW = 0x0d;
export const VGA_CRTC_CURSOR_HIGH = 0x0e;
export const VGA_CRTC_CURSOR_LOW = 0x0f;
export const VGA_CRTC_RETRACE_START = 0x10;
export const VGA_CRTC_RETRACE_END = 0x11;
export const VGA_CRTC_VERTICAL_END = 0x12;
export const VGA_CRTC_OFFSET = 0x13;
export const VGA_CRTC_UNDERLINE = 0x14;
export const VGA_CRTC_MODE = 0x17;
export const VGA_CRTC_LINE_COMPARE = 0x18;
/** Maximum scan line: each line twice. */
export const VGA_MAXIMUM_SCAN_DOUBLE = 0x80;
export const VGA_CURSOR_OFF = 0x20;
/** Retrace end: registers 0 to 7 cannot be written. */
export const VGA_RETRACE_PROTECT = 0x80;
/** Underline: addresses count dwords. */
export const VGA_UNDERLINE_DWORD = 0x40;
/** Mode: 0 = row scan bits 0 and 1 are address bits 13 and 14; wrap at bit 15; 1 = addresses count bytes. */
export const VGA_CRTC_MODE_NROW0 = 0x01;
export const VGA_CRTC_MODE_NROW1 = 0x02;
export const VGA_CRTC_MODE_WRAP15 = 0x20;
export const VGA_CRTC_MODE_BYTE = 0x40;

export const VGA_GRAPHICS_SET_RESET = 0;
export const VGA_GRAPHICS_ENABLE_SET_RESET = 1;
export const VGA_GRAPHICS_COMPARE = 2;
export const VGA_GRAPHICS_ROTATE = 3;
export const VGA_GRAPHICS_READ_MAP = 4;
export const VGA_GRAPHICS_MODE = 5;
export const VGA_GRAPHICS_MISC = 6;
export const VGA_GRAPHICS_DONT_CARE = 7;
export const VGA_GRAPHICS_BIT_MASK = 8;
/** Mode: write mode; read mode 1; odd/even reads; two bits a pixel; 256 colours. */
export const VGA_MODE_WRITE = 0x03;
export const VGA_MODE_READ1 = 0x08;
export const VGA_MODE_ODD_EVEN = 0x10;
export const VGA_MODE_INTERLEAVE = 0x20;
export const VGA_MODE_256 = 0x40;
/** Miscellaneous: graphics, not text; where the window is. */
export const VGA_GRAPHICS_MISC_GRAPHICS = 0x01;
export const VGA_GRAPHICS_MISC_MAP_SHIFT = 2;

/** Attribute index: the palette belongs to the picture, not to the program. */
export const VGA_ATTRIBUTE_PICTURE = 0x20;
export const VGA_ATTRIBUTE_MODE = 0x10;
export const VGA_ATTRIBUTE_PLANES = 0x12;
export const VGA_ATTRIBUTE_COLOUR_SELECT = 0x14;
/** Attribute mode: ninth column of line graphics; bit 7 blinks; palette bits 4 and 5 from colour select. */
export const VGA_ATTRIBUTE_MODE_LINE_GRAPHICS = 0x04;
export const VGA_ATTRIBUTE_MODE_BLINK = 0x08;
export const VGA_ATTRIBUTE_MODE_P54 = 0x80;
