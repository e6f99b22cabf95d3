/*
 * The parallel-port driver without recovery of its own: a replayed request is printed from its beginning.
 *
 * Here: listing 5.1 of the thesis. Not here: a correct driver (-> exact.cpp). Kept as the measure of the other two.
 */
#include "driver.h"

namespace {

class NaiveDriver final : public ParallelDriver {
 public:
  status_t Recover(L4_Word_t, const Frame&) override {
    FinishPulse();
    return arc::STATUS_OK;
  }

 protected:
  status_t writeData(L4_Word_t, const volatile unsigned char* buffer, L4_Word_t count) override {
    unsigned char control = io::In8(CONTROLPORT);
    for (L4_Word_t i = 0; i < count; i++) {
      control |= STROBE;
      io::Out8(DATAPORT, buffer[i]);
      io::Out8(CONTROLPORT, control);
      L4_Sleep(SEND_DELAY);
      control &= ~STROBE;
      io::Out8(CONTROLPORT, control);
      L4_Sleep(SEND_DELAY);
    }
    return arc::STATUS_OK;
  }
};

}  // namespace

extern "C" int arc_main(int, char**) {
  static NaiveDriver driver;
  ArcServer::Run(driver);
}
