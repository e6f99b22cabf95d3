/*
 * A client of the sound driver: one stream of blocks, whichever variant plays it.
 *
 * Here: connecting, the order of writing a block and telling of it. Not here: what is played. Functions return a status.
 */
#pragma once
#include "generated/registers.h"
#include "driver_client.h"
#include "shared.h"

class SoundClient : DriverClient {
 public:
  /** Gets the card. `mode` is arc::SOUND_MODE_16 and the DSP's bits for stereo and signed. */
  status_t Open(L4_Word_t rate, L4_Word_t mode) {
    status_t status = Find("sound");
    if (status != arc::STATUS_OK) return status;
    status = Ask(arc::SOUND_OPEN, 0);
    if (status != arc::STATUS_OK) return status;
    const L4_Word_t base = L4_StoreMR(2), pages = L4_StoreMR(3);
    direct_ = L4_StoreMR(4);
    status = shared::Map(Key(), driver_, base, pages, area_);
    if (status != arc::STATUS_OK) return status;
    L4_LoadMR(1, rate);
    L4_LoadMR(2, mode);
    L4_LoadMR(3, arc::SOUND_BLOCK_BYTES);
    return Ask(arc::SOUND_FORMAT, 3);
  }

  /** Gives the card the next block: `fill(char*)` writes SOUND_BLOCK_BYTES bytes. Playing begins with the second one. */
  template <typename Fill>
  status_t Play(Fill fill) {
    const L4_Word_t number = next_++;
    if (!direct_) fill(area_);
    L4_LoadMR(1, number);
    const status_t status = Ask(arc::SOUND_NEXT_BLOCK, 1);
    if (status != arc::STATUS_OK) return status;
    if (direct_) fill(area_ + (number & 1) * arc::SOUND_BLOCK_BYTES);
    return number == 1 ? Ask(arc::SOUND_START, 0) : status;
  }

  /** Lets everything given so far be heard, with blocks of the byte `silence` behind it, and gives the card back. */
  status_t Finish(int silence) {
    for (int n = 0; n < 3; n++) Play([silence](char* block) { memset(block, silence, arc::SOUND_BLOCK_BYTES); });
    const status_t status = Ask(arc::SOUND_STOP, 0);
    shared::Release(area_);
    return Ask(arc::SOUND_CLOSE, 0) == arc::STATUS_OK ? status : arc::STATUS_FAILED;
  }

 private:
  char* area_ = nullptr;
  L4_Word_t next_ = 0;
  bool direct_ = false;
};
