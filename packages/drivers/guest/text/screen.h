/*
 * The text screen as a value: what a terminal shows after the bytes it was sent.
 *
 * Here: rows and cursor in persistent memory, one byte after the other. Not here: the display (-> display.h), requests (-> text.cpp).
 * A byte changes cells in a way that may be repeated; then one store exchanges the rest of the state. So no byte is lost or
 * shown twice, wherever a crash falls. Control codes of ECMA-48: BS, HT, LF, CR, and SGR (8.3.117) with the 16 colours of a VGA.
 */
#pragma once
#include "start.h"

namespace screen {

constexpr L4_Word_t ROWS = 25, COLUMNS = 80;

struct State {
  L4_Word_t row = 0, column = 0;
  /** Upper half of a cell: colours of background and character. */
  L4_Word_t attribute = 0x07;
  /** The row of memory that is the screen's first: the rows are a ring. */
  L4_Word_t top = 0;
  /** Of an escape sequence: what was seen of it, and its parameter so far. */
  L4_Word_t escape = 0;
  L4_Word_t parameter = 0;
  /** The request being served, and how many of its bytes are on the screen. */
  L4_Word_t sequence = 0;
  L4_Word_t done = 0;
};

/** As it is now. */
const State& Now();
/** A row of the screen: COLUMNS cells, character below attribute. */
const volatile unsigned short* Row(L4_Word_t row);
/** A request begins, or goes on; how many of its bytes are done. */
L4_Word_t Begin(L4_Word_t sequence);
/** Shows the request's next byte. `touched` hears of each cell that changes; a scroll changes all. Returns whether it has scrolled. */
bool Put(unsigned char byte, void (*touched)(L4_Word_t row, L4_Word_t column));

}  // namespace screen
