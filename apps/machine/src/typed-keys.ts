/**
 * A keyboard as the receiver of typed characters: somebody's fingers.
 *
 * Here: each character is its keys, pressed one after the other and let go. Not here: when (→ serial-line.ts), which keys make
 * a character (→ pc/typed-text.ts), the keyboard (→ @kintsugi/pc).
 * @module
 */
import type { I8042 } from "@kintsugi/pc";
import { keysOf } from "./pc/typed-text.ts";
import type { Receiver } from "./serial-line.ts";

export class TypedKeys implements Receiver {
  readonly #keyboard: Pick<I8042, "press" | "release" | "keyboardIdle">;
  readonly canReceive: boolean = true;

  constructor(keyboard: Pick<I8042, "press" | "release" | "keyboardIdle">) {
    this.#keyboard = keyboard;
  }

  /** Every code that was sent has been read. */
  get receiverEmpty(): boolean {
    return this.#keyboard.keyboardIdle;
  }

  /** Types a character; one that no key of a US keyboard makes is not typed. */
  receive(byte: number): boolean {
    const keys = keysOf({ kind: "character", code: byte });
    for (const key of keys) this.#keyboard.press(key);
    for (const key of [...keys].reverse()) this.#keyboard.release(key);
    return keys.length > 0;
  }
}
