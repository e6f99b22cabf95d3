/*
 * The double-buffered sound driver with recovery: its state is persistent, and Settle asks the card what has happened.
 *
 * Here: where the state lies, and Recover. Not here: the driver (-> driver.cpp).
 */
#include "buffered.h"

namespace {

volatile SoundState state IS_PERSISTENT = {};

class Driver final : public BufferedDriver {
 public:
  using BufferedDriver::BufferedDriver;
  status_t Recover(L4_Word_t, const Frame&) override {
    Settle();
    return arc::STATUS_OK;
  }
};

}  // namespace

extern "C" int arc_main(int, char**) {
  static Driver driver(state);
  ArcServer::Run(driver);
}
