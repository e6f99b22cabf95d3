/**
 * Labels of the messages that drivers receive.
 *
 * Here: labels and bounds of their fields. Not here: the drivers, which are guest code.
 * Reference: docs/protocols.md, section 7.
 * @module
 */

/** Count, bytes → count. */
export const PARALLEL_WRITE = 0x501;
/** Count, bytes → count. */
export const SERIAL_WRITE = 0x601;
/** → count, bytes; answered when there is input. */
export const SERIAL_READ = 0x602;

/**
 * → base of the area in the driver, which the sender may map from now on, its pages, 1 if it is the card's own buffer (direct).
 * BUSY while somebody else has the card.
 */
export const SOUND_OPEN = 0x701;
export const SOUND_CLOSE = 0x702;
/** Frames per second, mode (SOUND_MODE_16, and the DSP's bits for stereo and signed), bytes of a block. Not while it plays. */
export const SOUND_FORMAT = 0x703;
/** Blocks 0 and 1 are written: plays them, and then the next ones. */
export const SOUND_START = 0x704;
export const SOUND_STOP = 0x705;
export const SOUND_PAUSE = 0x706;
export const SOUND_CONTINUE = 0x707;
/** Left, right: the upper five bits of a byte count. */
export const SOUND_SET_VOLUME = 0x708;
/** → left, right. */
export const SOUND_GET_VOLUME = 0x709;
/** → bytes from the buffer's beginning to what the card takes next, blocks played. */
export const SOUND_POSITION = 0x70a;
/**
 * Block number → blocks played. Direct: answered when the block's half of the buffer may be written. Double-buffered: the
 * block is in the area; answered when it has been copied from there.
 */
export const SOUND_NEXT_BLOCK = 0x70b;

/** Of a mode: samples of 16 bits. */
export const SOUND_MODE_16 = 0x100;
/** Bytes of a block at most; the buffer has two blocks. */
export const SOUND_BLOCK_BYTES = 4096;
export const SOUND_LOWEST_RATE = 4000;
export const SOUND_HIGHEST_RATE = 48000;

/** → base of the page that tells of the screen and its modes (VIDEO_INFO_ words), which the sender may map read-only. */
export const VIDEO_INFO = 0x801;
/**
 * Index of a mode → base of the frame buffer, which the sender may map, and its pages. The sender holds the screen from
 * now on, and may change the mode by another OPEN. BUSY while somebody else holds it.
 */
export const VIDEO_OPEN = 0x802;
export const VIDEO_CLOSE = 0x803;
/** Pixels from the left, lines from the top of the frame buffer: where the screen begins. */
export const VIDEO_START = 0x804;
/** First colour, colours as 00RRGGBB. */
export const VIDEO_PALETTE = 0x805;

/** Words of the page of VIDEO_INFO: version of the display interface, bytes of video memory, number of modes, modes. */
export const VIDEO_INFO_VERSION = 0;
export const VIDEO_INFO_MEMORY = 1;
export const VIDEO_INFO_MODES = 2;
export const VIDEO_INFO_FIRST_MODE = 3;
/** Words of a mode: width, height, bits of a pixel, bytes of a line, bytes of the frame buffer that one screen takes. */
export const VIDEO_MODE_WIDTH = 0;
export const VIDEO_MODE_HEIGHT = 1;
export const VIDEO_MODE_BITS = 2;
export const VIDEO_MODE_PITCH = 3;
export const VIDEO_MODE_SIZE = 4;
export const VIDEO_MODE_WORDS = 5;
/** Colours of one PALETTE at most. */
export const VIDEO_COLOURS_PER_MESSAGE = 32;

/**
 * Disks: SESSION_GET and SESSION_PUT with first sector and number of sectors (of 512 bytes, from the shared pages'
 * beginning); FAILED comes with the drive's error register and the first bad sector. INFO → sectors.
 */
export const DISK_INFO = 0x901;
/** Everything put before is on the medium when this is answered: it survives a power cut. */
export const DISK_FLUSH = 0x902;

/** → count, bytes: the characters of keys, as a terminal sends them; answered when there are some. */
export const KEYBOARD_READ = 0xb01;
/** Count, bytes → count. Control codes BEL, BS, HT, LF, CR; ESC [ … m with the colours of a terminal. */
export const TEXT_WRITE = 0xc01;

/** Bytes of one write or read at most. */
export const DRIVER_BYTES_PER_MESSAGE = 232;
