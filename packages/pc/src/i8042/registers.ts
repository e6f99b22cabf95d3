/**
 * 8042 keyboard controller and its PS/2 devices: offsets, bits, commands.
 *
 * Here: numbers only. Not here: what they do (`chip.ts`, `keyboard.ts`, `mouse.ts`).
 * IBM PS/2 Hardware Interface Technical Reference (1988), "Keyboard and Auxiliary Device Controller".
 * @module
 */
export const KBC_DATA_PORT = 0x60;
export const KBC_COMMAND_PORT = 0x64;
export const KBC_KEYBOARD_IRQ = 1;
export const KBC_MOUSE_IRQ = 12;

/** Offsets in the chip: data (port 60), and status (read) or command (write, port 64). */
export const KBC_DATA = 0;
export const KBC_COMMAND = 1;

/** Status: a byte waits in the output buffer. */
export const KBC_STATUS_OBF = 0x01;
/** Status: a byte for the controller waits in the input buffer; here it never does. */
export const KBC_STATUS_IBF = 0x02;
/** Status: set by the self-test. */
export const KBC_STATUS_SYSTEM = 0x04;
/** Status: the last write was a command. */
export const KBC_STATUS_COMMAND = 0x08;
/** Status: the keyboard is not locked. */
export const KBC_STATUS_UNLOCKED = 0x10;
/** Status: the byte in the output buffer came from the auxiliary device. */
export const KBC_STATUS_AUX = 0x20;

/** Command byte: interrupts of the keyboard and of the auxiliary device. */
export const KBC_MODE_KEYBOARD_INTERRUPT = 0x01;
export const KBC_MODE_AUX_INTERRUPT = 0x02;
/** Command byte: copied to the system bit of the status. */
export const KBC_MODE_SYSTEM = 0x04;
export const KBC_MODE_KEYBOARD_DISABLE = 0x10;
export const KBC_MODE_AUX_DISABLE = 0x20;
/** Command byte: scan code set 2 is translated to set 1. */
export const KBC_MODE_TRANSLATE = 0x40;

/** Output port: 0 resets the processor. */
export const KBC_OUTPUT_NRESET = 0x01;
export const KBC_OUTPUT_A20 = 0x02;
/** Output port, read only: the output buffer is full with a byte of the keyboard, of the auxiliary device. */
export const KBC_OUTPUT_KEYBOARD_FULL = 0x10;
export const KBC_OUTPUT_AUX_FULL = 0x20;

/** Commands; 20..3f and 60..7f read and write the controller's memory, whose first byte is the command byte. */
export const KBC_READ_MEMORY = 0x20;
export const KBC_WRITE_MEMORY = 0x60;
export const KBC_DISABLE_AUX = 0xa7;
export const KBC_ENABLE_AUX = 0xa8;
export const KBC_TEST_AUX = 0xa9;
export const KBC_SELF_TEST = 0xaa;
export const KBC_TEST_KEYBOARD = 0xab;
export const KBC_DISABLE_KEYBOARD = 0xad;
export const KBC_ENABLE_KEYBOARD = 0xae;
export const KBC_READ_INPUT_PORT = 0xc0;
export const KBC_READ_OUTPUT_PORT = 0xd0;
export const KBC_WRITE_OUTPUT_PORT = 0xd1;
export const KBC_WRITE_KEYBOARD_BUFFER = 0xd2;
export const KBC_WRITE_AUX_BUFFER = 0xd3;
export const KBC_WRITE_AUX = 0xd4;
/** Commands f0..ff: the low four bits of the output port that are 0 here pulse low. */
export const KBC_PULSE_OUTPUT = 0xf0;

/** Answers of the controller. */
export const KBC_SELF_TEST_PASSED = 0x55;
export const KBC_INTERFACE_GOOD = 0x00;
/** Input port: keyboard not locked, manufacturing jumper not installed, colour display. */
export const KBC_INPUT_PORT = 0xb0;

/** Commands to both devices. */
export const KBC_DEVICE_READ_ID = 0xf2;
export const KBC_DEVICE_SET_RATE = 0xf3;
export const KBC_DEVICE_ENABLE = 0xf4;
export const KBC_DEVICE_DISABLE = 0xf5;
export const KBC_DEVICE_SET_DEFAULT = 0xf6;
export const KBC_DEVICE_RESEND = 0xfe;
export const KBC_DEVICE_RESET = 0xff;
/** Commands to the keyboard alone. */
export const KBC_KEYBOARD_SET_LEDS = 0xed;
export const KBC_KEYBOARD_ECHO = 0xee;
export const KBC_KEYBOARD_SCAN_CODE_SET = 0xf0;
/** Commands to the mouse alone. */
export const KBC_MOUSE_SCALING_1 = 0xe6;
export const KBC_MOUSE_SCALING_2 = 0xe7;
export const KBC_MOUSE_RESOLUTION = 0xe8;
export const KBC_MOUSE_STATUS = 0xe9;
export const KBC_MOUSE_STREAM = 0xea;
export const KBC_MOUSE_READ_DATA = 0xeb;
export const KBC_MOUSE_RESET_WRAP = 0xec;
export const KBC_MOUSE_WRAP = 0xee;
export const KBC_MOUSE_REMOTE = 0xf0;

/** Answers of the devices: acknowledge, self-test passed, send again. */
export const KBC_ACK = 0xfa;
export const KBC_BAT_PASSED = 0xaa;
export const KBC_RESEND = 0xfe;
/** Identification of a keyboard, two bytes; of a PS/2 mouse, and of one with a wheel (IntelliMouse). */
export const KBC_KEYBOARD_ID1 = 0xab;
export const KBC_KEYBOARD_ID2 = 0x83;
export const KBC_MOUSE_ID = 0x00;
export const KBC_MOUSE_ID_WHEEL = 0x03;

/** LEDs as the keyboard's command has them. */
export const KBC_LED_SCROLL_LOCK = 0x01;
export const KBC_LED_NUM_LOCK = 0x02;
export const KBC_LED_CAPS_LOCK = 0x04;
/** Mouse buttons as its packets have them. */
export const KBC_BUTTON_LEFT = 0x01;
export const KBC_BUTTON_RIGHT = 0x02;
export const KBC_BUTTON_MIDDLE = 0x04;
