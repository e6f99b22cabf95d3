/*
 * The graphics driver with recovery: holder, mode and the page of modes are persistent, the frame buffer is mapped again.
 *
 * Here: where the state lies, and Recover. Not here: the driver (-> driver.cpp).
 */
#include "driver.h"

namespace {

volatile VideoState state IS_PERSISTENT = {};

class Driver final : public VideoDriver {
 public:
  using VideoDriver::VideoDriver;
  status_t Recover(L4_Word_t, const Frame&) override {
    char* base;
    L4_Word_t pages;
    return state_.holder == x2::NIL_THREAD ? arc::STATUS_OK : Share(base, pages);
  }
};

}  // namespace

extern "C" int arc_main(int, char**) {
  static Driver driver(state);
  ArcServer::Run(driver);
}
