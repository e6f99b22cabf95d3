/*
 * A VBE display: its registers, and the palette of the VGA below.
 *
 * Here: what it is, its modes, setting one, where the screen begins, colours. Not here: who holds the screen (-> driver.h).
 * Every function may be broken off anywhere and called again with the same result: registers are named before each access.
 * Bochs VBE display interface; the PC's BIOS call of the same purpose (VBE 4F02) writes these registers.
 */
#pragma once
#include "arc_server.h"
#include "io.h"

namespace display {

/** A mode, as arc::VIDEO_MODE_* has it. */
struct Mode {
  L4_Word_t width, height, bits;
  L4_Word_t Pitch() const { return width * (bits / 8); }
  L4_Word_t Size() const { return Pitch() * height; }
};

/** Version of the interface; 0: there is no such display. */
L4_Word_t Version();
/** Bytes of video memory. */
L4_Word_t Memory();
/** The index-th mode that the display can show, from 0. False after the last. */
bool FindMode(L4_Word_t index, Mode& mode);
/** Shows a mode; the memory of the screen is cleared, and the screen begins at its beginning. */
void SetMode(const Mode& mode);
/** The VGA's picture again. */
void Disable();
void SetStart(L4_Word_t x, L4_Word_t y);
/** Sets a colour of 8-bit modes to 00RRGGBB. */
void SetColour(L4_Word_t index, L4_Word_t colour);

}  // namespace display
