/*
 * A client of the graphics driver: the screen, to draw on.
 *
 * Here: opening a mode, the frame buffer, where the screen begins, colours. Not here: drawing. Functions return a status.
 */
#pragma once
#include "driver_client.h"
#include "shared.h"

class Screen : DriverClient {
 public:
  /** Gets the screen in the mode of this size and depth. */
  status_t Open(L4_Word_t width, L4_Word_t height, L4_Word_t bits) {
    status_t status = Find("video");
    if (status == arc::STATUS_OK) status = Ask(arc::VIDEO_INFO, 0);
    char* page;
    if (status == arc::STATUS_OK) status = shared::Map(Key(), driver_, L4_StoreMR(2), 1, page);
    if (status != arc::STATUS_OK) return status;
    const auto* info = reinterpret_cast<const volatile L4_Word_t*>(page);
    for (L4_Word_t index = 0; index < info[arc::VIDEO_INFO_MODES]; index++) {
      const volatile L4_Word_t* mode = info + arc::VIDEO_INFO_FIRST_MODE + index * arc::VIDEO_MODE_WORDS;
      if (mode[arc::VIDEO_MODE_WIDTH] != width || mode[arc::VIDEO_MODE_HEIGHT] != height ||
          mode[arc::VIDEO_MODE_BITS] != bits)
        continue;
      pitch_ = mode[arc::VIDEO_MODE_PITCH];
      L4_LoadMR(1, index);
      status = Ask(arc::VIDEO_OPEN, 1);
      return status == arc::STATUS_OK ? shared::Map(Key() + 1, driver_, L4_StoreMR(2), L4_StoreMR(3), pixels_) : status;
    }
    return arc::STATUS_NOT_FOUND;
  }

  /** The memory of the display, lines of Pitch() bytes. */
  char* Pixels() const { return pixels_; }
  L4_Word_t Pitch() const { return pitch_; }
  /** The screen begins at this line of the memory. */
  status_t Show(L4_Word_t line) {
    L4_LoadMR(1, 0);
    L4_LoadMR(2, line);
    return Ask(arc::VIDEO_START, 2);
  }
  /** Sets one colour of 8-bit modes, 00RRGGBB. */
  status_t SetColour(L4_Word_t index, L4_Word_t colour) {
    L4_LoadMR(1, index);
    L4_LoadMR(2, colour);
    return Ask(arc::VIDEO_PALETTE, 2);
  }
  status_t Close() { return Ask(arc::VIDEO_CLOSE, 0); }

 private:
  char* pixels_ = nullptr;
  L4_Word_t pitch_ = 0;
};
