/**
 * The state of an 8042 and its devices: all that a rebuilt one needs.
 *
 * Here: its shape, its values after a reset and after firmware. Not here: what the chip makes of it (`chip.ts`).
 * IBM PS/2 Hardware Interface Technical Reference (1988), "Keyboard and Auxiliary Device Controller".
 * @module
 */
import { KEYBOARD_STATE_AT_RESET, type KeyboardState } from "./keyboard.ts";
import { MOUSE_STATE_AT_RESET, type MouseState } from "./mouse.ts";
import * as R from "./registers.ts";

/** Plain, versioned state. */
export interface I8042State {
  readonly version: 1;
  /** The controller's memory, 32 bytes; the first is the command byte. */
  readonly memory: readonly number[];
  /** System and command bits of the status. */
  readonly status: number;
  readonly outputPort: number;
  /** The byte in the output buffer, and who it is from. */
  readonly output: number | null;
  readonly outputFromAux: boolean;
  /** The command whose parameter comes next to the data port. */
  readonly command: number | null;
  /** Translation has seen the break prefix. */
  readonly breaks: boolean;
  /** When the byte now on a wire is in the output buffer. */
  readonly arrivesAt: number | null;
  /** Levels of the interrupt lines. */
  readonly keyboardInterrupt: boolean;
  readonly mouseInterrupt: boolean;
  readonly keyboard: KeyboardState;
  readonly mouse: MouseState;
}

export const I8042_STATE_AT_RESET: I8042State = {
  version: 1,
  memory: [R.KBC_MODE_KEYBOARD_DISABLE | R.KBC_MODE_AUX_DISABLE, ...new Array<number>(31).fill(0)],
  status: 0,
  outputPort: R.KBC_OUTPUT_NRESET | R.KBC_OUTPUT_A20,
  output: null,
  outputFromAux: false,
  command: null,
  breaks: false,
  arrivesAt: null,
  keyboardInterrupt: false,
  mouseInterrupt: false,
  keyboard: KEYBOARD_STATE_AT_RESET,
  mouse: MOUSE_STATE_AT_RESET,
};

/** As firmware leaves it: tested, the keyboard's interrupt on, translating, the mouse off. */
export const I8042_STATE_AFTER_FIRMWARE: I8042State = {
  ...I8042_STATE_AT_RESET,
  memory: [
    R.KBC_MODE_KEYBOARD_INTERRUPT | R.KBC_MODE_SYSTEM | R.KBC_MODE_AUX_DISABLE | R.KBC_MODE_TRANSLATE,
    ...new Array<number>(31).fill(0),
  ],
  status: R.KBC_STATUS_SYSTEM,
  keyboard: { ...KEYBOARD_STATE_AT_RESET, answers: [] },
  mouse: { ...MOUSE_STATE_AT_RESET, queue: [] },
};
