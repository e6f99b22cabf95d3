/*
 * Bytes to cells.
 */
#include "screen.h"
#include "arc_server.h"
#include "persistent.h"

namespace screen {

namespace {

constexpr L4_Word_t TAB = 8;
constexpr L4_Word_t NO_ESCAPE = 0, AFTER_ESCAPE = 1, IN_SEQUENCE = 2;
constexpr L4_Word_t PLAIN = 0x07, BRIGHT = 0x08;
constexpr L4_Word_t LARGEST_PARAMETER = 1000;
/** The colours of ECMA-48 are red, green, blue from bit 0; those of the VGA the other way round. */
constexpr unsigned char COLOURS[] = {0, 4, 2, 6, 1, 5, 3, 7};

struct Cells {
  unsigned short of[ROWS][COLUMNS];
};
consteval Cells Blank() {
  Cells cells{};
  for (auto& row : cells.of)
    for (auto& cell : row) cell = PLAIN << 8 | ' ';
  return cells;
}

persistent::Checked<State> state IS_CHECKED{State{}};
volatile Cells cells IS_PERSISTENT = Blank();

/** One SGR parameter. */
L4_Word_t Coloured(L4_Word_t attribute, L4_Word_t parameter) {
  if (parameter == 0) return PLAIN;
  if (parameter == 1) return attribute | BRIGHT;
  if (parameter == 7) return (attribute >> 4 & 7) | (attribute & 7) << 4;
  if (parameter == 22) return attribute & ~BRIGHT;
  if (parameter >= 30 && parameter <= 37) return (attribute & ~7u) | COLOURS[parameter - 30];
  if (parameter == 39) return (attribute & ~7u) | (PLAIN & 7);
  if (parameter >= 40 && parameter <= 47) return (attribute & ~0x70u) | static_cast<L4_Word_t>(COLOURS[parameter - 40]) << 4;
  return parameter == 49 ? attribute & ~0x70u : attribute;
}

/** A byte inside an escape sequence. Sequences that are not SGR change nothing. */
void Escape(State& next, unsigned char byte) {
  if (next.escape == AFTER_ESCAPE) {
    next.escape = byte == '[' ? IN_SEQUENCE : NO_ESCAPE;
    next.parameter = 0;
  } else if (byte >= '0' && byte <= '9') {
    if (next.parameter < LARGEST_PARAMETER) next.parameter = next.parameter * 10 + (byte - '0');
  } else if (byte == ';') {
    next.attribute = Coloured(next.attribute, next.parameter);  // taken as SGR's: nothing else with several is known here
    next.parameter = 0;
  } else if (byte >= '@') {
    if (byte == 'm') next.attribute = Coloured(next.attribute, next.parameter);
    next.escape = NO_ESCAPE;
  }
}

/** The cursor goes down a row. True when the screen has scrolled: its first row is cleared and becomes the last one. */
bool Down(State& next) {
  if (next.row + 1 < ROWS) {
    next.row++;
    return false;
  }
  for (auto& cell : cells.of[next.top]) cell = PLAIN << 8 | ' ';
  next.top = (next.top + 1) % ROWS;
  return true;
}

}  // namespace

const State& Now() { return state.Get(); }

const volatile unsigned short* Row(L4_Word_t row) { return cells.of[(Now().top + row) % ROWS]; }

L4_Word_t Begin(L4_Word_t sequence) {
  if (Now().sequence != sequence) {
    State next = Now();
    next.sequence = sequence;
    next.done = 0;
    state.Set(next);
  }
  return Now().done;
}

bool Put(unsigned char byte, void (*touched)(L4_Word_t row, L4_Word_t column)) {
  State next = Now();
  bool scrolled = false, drawn = false;
  const L4_Word_t row = next.row, column = next.column;
  if (next.escape != NO_ESCAPE) Escape(next, byte);
  else if (byte == 0x1b) next.escape = AFTER_ESCAPE;
  else if (byte == '\r') next.column = 0;
  else if (byte == '\n') scrolled = Down(next);
  else if (byte == '\t') {
    next.column = (next.column / TAB + 1) * TAB;
    if (next.column >= COLUMNS) next.column = COLUMNS - 1;
  } else if (byte == '\b') {  // also over the beginning of a row, as line editing needs it
    if (next.column > 0) next.column--;
    else if (next.row > 0) {
      next.row--;
      next.column = COLUMNS - 1;
    }
  } else if (byte >= ' ' && byte != 0x7f) {
    cells.of[(next.top + row) % ROWS][column] = static_cast<unsigned short>(next.attribute << 8 | byte);
    drawn = true;
    if (++next.column == COLUMNS) {
      next.column = 0;
      scrolled = Down(next);
    }
  }
  next.done++;
  state.Set(next);
  if (drawn && !scrolled) touched(row, column);
  return scrolled;
}

}  // namespace screen
