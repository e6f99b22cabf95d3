/*
 * Set 2 of scan codes on a US keyboard.
 */
#include "decoder.h"
#include "generated/registers.h"

namespace decoder {

namespace {

constexpr unsigned char EXTENDED = 0xe0, PAUSE = 0xe1, RELEASED = 0xf0;
constexpr L4_Word_t PAUSE_BYTES = 7;
/** Codes of keys end here; what lies above are answers and prefixes. */
constexpr L4_Word_t CODES = 0x84;
constexpr unsigned char NUMPAD_ENTER = 0x5a, NUMPAD_DIVIDE = 0x4a, DELETE_KEY = 0x71, ESCAPE_KEY = 0x76;

/** Bits of `held`. */
constexpr L4_Word_t KEY_SHIFT_LEFT = 1, KEY_SHIFT_RIGHT = 2, KEY_CONTROL_LEFT = 4, KEY_CONTROL_RIGHT = 8;
constexpr L4_Word_t KEY_CAPS = 16, KEY_NUM = 32, KEY_SCROLL = 64;
constexpr L4_Word_t SHIFT = KEY_SHIFT_LEFT | KEY_SHIFT_RIGHT, CONTROL = KEY_CONTROL_LEFT | KEY_CONTROL_RIGHT;

struct Characters {
  unsigned char plain[CODES], shifted[CODES];
};

consteval Characters Layout() {
  Characters all{};
  struct Row {
    unsigned char code;
    const char* pairs;  ///< plain and shifted
  };
  constexpr Row ROWS[] = {
      {0x0d, "\t\t"}, {0x0e, "`~"}, {0x15, "qQ"}, {0x16, "1!"}, {0x1a, "zZ"}, {0x1b, "sS"},  {0x1c, "aA"},
      {0x1d, "wW"},   {0x1e, "2@"}, {0x21, "cC"}, {0x22, "xX"}, {0x23, "dD"}, {0x24, "eE"},  {0x25, "4$"},
      {0x26, "3#"},   {0x29, "  "}, {0x2a, "vV"}, {0x2b, "fF"}, {0x2c, "tT"}, {0x2d, "rR"},  {0x2e, "5%"},
      {0x31, "nN"},   {0x32, "bB"}, {0x33, "hH"}, {0x34, "gG"}, {0x35, "yY"}, {0x36, "6^"},  {0x3a, "mM"},
      {0x3b, "jJ"},   {0x3c, "uU"}, {0x3d, "7&"}, {0x3e, "8*"}, {0x41, ",<"}, {0x42, "kK"},  {0x43, "iI"},
      {0x44, "oO"},   {0x45, "0)"}, {0x46, "9("}, {0x49, ".>"}, {0x4a, "/?"}, {0x4b, "lL"},  {0x4c, ";:"},
      {0x4d, "pP"},   {0x4e, "-_"}, {0x52, "'\""}, {0x54, "[{"}, {0x55, "=+"}, {0x5a, "\r\r"}, {0x5b, "]}"},
      {0x5d, "\\|"},  {0x61, "\\|"}, {0x66, "\x7f\x7f"}, {0x76, "\x1b\x1b"},
      // The numeric pad.
      {0x69, "11"}, {0x6b, "44"}, {0x6c, "77"}, {0x70, "00"}, {0x71, ".."}, {0x72, "22"}, {0x73, "55"}, {0x74, "66"},
      {0x75, "88"}, {0x79, "++"}, {0x7a, "33"}, {0x7b, "--"}, {0x7c, "**"}, {0x7d, "99"},
  };
  for (const Row& row : ROWS) {
    all.plain[row.code] = static_cast<unsigned char>(row.pairs[0]);
    all.shifted[row.code] = static_cast<unsigned char>(row.pairs[1]);
  }
  return all;
}
constexpr Characters LAYOUT = Layout();

/** The bit of `held` for a key; 0 for one that changes nothing. */
L4_Word_t ModifierOf(unsigned char code, bool extended) {
  switch (code) {
    case 0x12:
      return extended ? 0 : KEY_SHIFT_LEFT;  // extended: part of what Print Screen sends
    case 0x59:
      return extended ? 0 : KEY_SHIFT_RIGHT;
    case 0x14:
      return extended ? KEY_CONTROL_RIGHT : KEY_CONTROL_LEFT;
    case 0x58:
      return KEY_CAPS;
    case 0x77:
      return KEY_NUM;
    case 0x7e:
      return extended ? 0 : KEY_SCROLL;
    default:
      return 0;
  }
}

L4_Word_t LockOf(L4_Word_t modifier) {
  switch (modifier) {
    case KEY_CAPS:
      return pc::KBC_LED_CAPS_LOCK;
    case KEY_NUM:
      return pc::KBC_LED_NUM_LOCK;
    case KEY_SCROLL:
      return pc::KBC_LED_SCROLL_LOCK;
    default:
      return 0;
  }
}

bool IsLetter(unsigned char character) { return character >= 'a' && character <= 'z'; }

/** Of the numeric pad, keys that are arrows and the like while Num Lock is off. */
bool NeedsNumLock(unsigned char code) {
  const unsigned char character = LAYOUT.plain[code];
  return code >= 0x69 && code != ESCAPE_KEY && (character == '.' || (character >= '0' && character <= '9'));
}

/** The character of a key that goes down; 0: none. */
unsigned char CharacterOf(const State& state, unsigned char code, bool extended) {
  if (extended) {
    if (code == DELETE_KEY) return 0x7f;
    return code == NUMPAD_ENTER || code == NUMPAD_DIVIDE ? LAYOUT.plain[code] : 0;
  }
  if (NeedsNumLock(code)) return state.locks & pc::KBC_LED_NUM_LOCK ? LAYOUT.plain[code] : 0;
  const unsigned char plain = LAYOUT.plain[code];
  if (state.held & CONTROL) {
    if (IsLetter(plain) || (plain >= '[' && plain <= ']')) return plain & 0x1f;
    return 0;
  }
  bool shift = state.held & SHIFT;
  if (IsLetter(plain) && state.locks & pc::KBC_LED_CAPS_LOCK) shift = !shift;
  return shift ? LAYOUT.shifted[code] : plain;
}

/** An answer to the command that sets the LEDs. */
void Acknowledge(State& state) {
  if (state.step == LEDS_COMMAND) {
    state.sending = state.locks;
    state.step = LEDS_PARAMETER;
  } else if (state.step == LEDS_PARAMETER) {
    state.shown = state.sending;
    state.step = LEDS_IDLE;
  }
}

}  // namespace

State Next(const State& before, unsigned char byte, unsigned char& character) {
  State state = before;
  character = 0;
  state.codes++;
  if (byte == pc::KBC_ACK) {
    Acknowledge(state);
    return state;
  }
  if (byte == pc::KBC_RESEND) {  // it has no LEDs, or wants none of this: asking again would not help
    if (state.step != LEDS_IDLE) state.shown = state.locks;
    state.step = LEDS_IDLE;
    return state;
  }
  if (state.skip > 0) {
    state.skip--;
    return state;
  }
  if (byte == EXTENDED) state.extended = 1;
  else if (byte == RELEASED) state.released = 1;
  else if (byte == PAUSE) state.skip = PAUSE_BYTES;
  else {
    const bool extended = state.extended, released = state.released;
    state.extended = state.released = 0;
    if (byte >= CODES || byte == 0) return state;  // an overrun, a self-test: no key
    const L4_Word_t modifier = ModifierOf(byte, extended);
    if (modifier && !released && !(state.held & modifier)) state.locks ^= LockOf(modifier);
    if (modifier) state.held = released ? state.held & ~modifier : state.held | modifier;
    else if (!released) character = CharacterOf(state, byte, extended);
    if (character) state.characters++;
  }
  return state;
}

}  // namespace decoder
