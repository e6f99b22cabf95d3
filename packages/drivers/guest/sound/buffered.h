/*
 * The sound driver that keeps the DMA buffer for itself: the owner writes each block into an area of its own.
 *
 * Here: that area, and the copy. Thesis 5.1.4, "Double-Buffered Variant".
 */
#pragma once
#include "driver.h"
#include "shared.h"

class BufferedDriver : public SoundDriver {
 public:
  using SoundDriver::SoundDriver;

 protected:
  status_t MakeArea() override {
    char* area;
    const status_t status = shared::Allocate(AREA_KEY, arc::SOUND_BLOCK_BYTES / 4096, area);
    if (status == arc::STATUS_OK) state_.area = area;
    return status;
  }
  bool IsDirect() const override { return false; }
  void Refill(L4_Word_t number) override { memcpy(Block(number), state_.area, state_.format.blockBytes); }

 private:
  static constexpr L4_Word_t AREA_KEY = 2;
};
