/*
 * What bytes of a keyboard mean: keys of scan code set 2 to characters, answers to commands.
 *
 * Here: a pure step from one state to the next. Not here: the chip (-> controller.h), who reads the characters (-> keyboard.cpp).
 * A US keyboard; keys without a character, such as arrows, give none.
 * Microsoft, Keyboard Scan Code Specification (2000), appendix A.
 */
#pragma once
#include "start.h"

namespace decoder {

/** Everything that a byte leaves for the next one. */
struct State {
  /** Bytes decoded, and characters that came of them. */
  L4_Word_t codes = 0;
  L4_Word_t characters = 0;
  /** Of the key that is being sent: prefixes seen, and bytes of Pause to come. */
  L4_Word_t extended = 0;
  L4_Word_t released = 0;
  L4_Word_t skip = 0;
  /** Keys that are down, KEY_*; only those that change what others mean. */
  L4_Word_t held = 0;
  /** Locks that are on, as the keyboard's LEDs have them (pc::KBC_LED_*). */
  L4_Word_t locks = 0;
  /** The LEDs as the keyboard has acknowledged them, the command that it has not acknowledged yet, and its parameter. */
  L4_Word_t shown = 0;
  L4_Word_t step = 0;
  L4_Word_t sending = 0;
};

/** Steps of the command that sets the LEDs: none; command sent; parameter sent. */
constexpr L4_Word_t LEDS_IDLE = 0, LEDS_COMMAND = 1, LEDS_PARAMETER = 2;

/** The state after a byte. `character` is what it has produced, or 0; then `characters` has not grown. */
State Next(const State& state, unsigned char byte, unsigned char& character);

}  // namespace decoder
