/*
 * The sound driver whose owner writes into the DMA buffer itself.
 *
 * Here: the area is the buffer, and a refill nothing. Thesis 5.1.4, first variant.
 */
#pragma once
#include "driver.h"

class DirectDriver : public SoundDriver {
 public:
  using SoundDriver::SoundDriver;

 protected:
  status_t MakeArea() override {
    state_.area = state_.buffer;
    return arc::STATUS_OK;
  }
  bool IsDirect() const override { return true; }
  void Refill(L4_Word_t) override {}
};
