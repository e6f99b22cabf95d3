/**
 * Sound Blaster 16: ports, DSP commands, mixer registers and bits.
 *
 * Here: numbers only. Not here: what they do (`chip.ts`, `mixer.ts`).
 * Creative Labs, Sound Blaster Series Hardware Programming Guide: chapters 2 and 3 (ports), 4 (mixer), 6 (commands).
 * @module
 */
/** First port, and the interrupt and the channels that it has after power-on. */
export const SB_PORT = 0x220;
export const SB_PORT_COUNT = 16;
export const SB_IRQ = 5;
export const SB_DMA_BYTES = 1;
export const SB_DMA_WORDS = 5;

/** Offsets from the first port. */
export const SB_MIXER_INDEX = 0x04;
export const SB_MIXER_DATA = 0x05;
export const SB_RESET = 0x06;
export const SB_READ_DATA = 0x0a;
export const SB_WRITE = 0x0c;
/** Read: bit 7 = there is data; reading acknowledges the interrupt of 8-bit transfers. */
export const SB_READ_STATUS = 0x0e;
/** Reading acknowledges the interrupt of 16-bit transfers. */
export const SB_ACKNOWLEDGE_16 = 0x0f;
/** Of the read status there is data; of the write status the DSP cannot take any. */
export const SB_STATUS_BIT = 0x80;
/** What the DSP says when it has been reset. */
export const SB_RESET_DONE = 0xaa;

/** DSP commands; the words behind them are written to the same port. */
export const SB_DIRECT_OUTPUT = 0x10;
export const SB_OUTPUT_8 = 0x14;
export const SB_OUTPUT_8_AUTO = 0x1c;
export const SB_DIRECT_INPUT = 0x20;
export const SB_INPUT_8 = 0x24;
export const SB_INPUT_8_AUTO = 0x2c;
export const SB_TIME_CONSTANT = 0x40;
/** Frames per second, high byte first. */
export const SB_OUTPUT_RATE = 0x41;
export const SB_INPUT_RATE = 0x42;
/** Samples of a block less one, low byte first: for the auto-init and the high-speed commands. */
export const SB_BLOCK_SIZE = 0x48;
export const SB_SILENCE = 0x80;
export const SB_OUTPUT_HIGH_SPEED_AUTO = 0x90;
export const SB_OUTPUT_HIGH_SPEED = 0x91;
export const SB_INPUT_HIGH_SPEED_AUTO = 0x98;
export const SB_INPUT_HIGH_SPEED = 0x99;
/** Bx: 16 bits, cx: 8 bits; then mode, samples less one (low byte first). */
export const SB_TRANSFER_16 = 0xb0;
export const SB_TRANSFER_8 = 0xc0;
/** Bits of bx and cx. */
export const SB_TRANSFER_INPUT = 0x08;
export const SB_TRANSFER_AUTO = 0x04;
export const SB_TRANSFER_FIFO = 0x02;
/** Bits of the mode. */
export const SB_MODE_STEREO = 0x20;
export const SB_MODE_SIGNED = 0x10;
export const SB_PAUSE_8 = 0xd0;
export const SB_SPEAKER_ON = 0xd1;
export const SB_SPEAKER_OFF = 0xd3;
export const SB_CONTINUE_8 = 0xd4;
export const SB_PAUSE_16 = 0xd5;
export const SB_CONTINUE_16 = 0xd6;
export const SB_SPEAKER_STATUS = 0xd8;
/** The transfer ends with its block. */
export const SB_EXIT_16 = 0xd9;
export const SB_EXIT_8 = 0xda;
/** The complement of the byte that follows. */
export const SB_IDENTIFY = 0xe0;
export const SB_VERSION = 0xe1;
export const SB_WRITE_TEST = 0xe4;
export const SB_READ_TEST = 0xe8;
export const SB_REQUEST_IRQ_8 = 0xf2;
export const SB_REQUEST_IRQ_16 = 0xf3;
/** DSP 4.13. */
export const SB_VERSION_MAJOR = 4;
export const SB_VERSION_MINOR = 13;

/** Mixer registers. 04 to 2e are the older cards' pairs of four bits for 30 to 3a. */
export const SB_MIXER_RESET = 0x00;
export const SB_MIXER_PRO_VOICE = 0x04;
export const SB_MIXER_PRO_MICROPHONE = 0x0a;
export const SB_MIXER_PRO_MASTER = 0x22;
export const SB_MIXER_PRO_MIDI = 0x26;
export const SB_MIXER_PRO_CD = 0x28;
export const SB_MIXER_PRO_LINE = 0x2e;
/** Five bits, upper end of the byte; left, right. */
export const SB_MIXER_MASTER_LEFT = 0x30;
export const SB_MIXER_MASTER_RIGHT = 0x31;
export const SB_MIXER_VOICE_LEFT = 0x32;
export const SB_MIXER_VOICE_RIGHT = 0x33;
export const SB_MIXER_MIDI_LEFT = 0x34;
export const SB_MIXER_CD_LEFT = 0x36;
export const SB_MIXER_LINE_LEFT = 0x38;
export const SB_MIXER_MICROPHONE = 0x3a;
export const SB_MIXER_SPEAKER = 0x3b;
export const SB_MIXER_OUTPUT_SWITCHES = 0x3c;
export const SB_MIXER_INPUT_LEFT_SWITCHES = 0x3d;
export const SB_MIXER_INPUT_RIGHT_SWITCHES = 0x3e;
export const SB_MIXER_TREBLE_LEFT = 0x44;
/** The last volume or tone register. */
export const SB_MIXER_BASS_RIGHT = 0x47;
/** A bit per interrupt line: 2 (which is 9), 5, 7, 10. */
export const SB_MIXER_IRQ_SELECT = 0x80;
/** A bit per DMA channel. */
export const SB_MIXER_DMA_SELECT = 0x81;
/** Who asks: bit 0 8-bit transfers, bit 1 16-bit ones. */
export const SB_MIXER_IRQ_STATUS = 0x82;
export const SB_IRQ_STATUS_8 = 0x01;
export const SB_IRQ_STATUS_16 = 0x02;
