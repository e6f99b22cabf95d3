/*
 * The memory and the cursor of a VGA in text mode.
 *
 * Here: cells and cursor on the display. Not here: what they are (-> screen.h). Every function may be called again.
 * IBM PS/2 Hardware Interface Technical Reference (1992), "Video Subsystem".
 */
#pragma once
#include "screen.h"

namespace display {

/** Maps the display's memory. An arc::STATUS_*. */
status_t Map();
void ShowCell(L4_Word_t row, L4_Word_t column);
void ShowAll();
void ShowCursor();

}  // namespace display
