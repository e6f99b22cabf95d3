/*
 * The parallel-port driver of the thesis: `i` is persistent, and nearly always right.
 *
 * Here: listing 5.2. It repeats a byte when it fails between the OUT that asserts STROBE and the store of `i`; and as `i`
 * keeps the last request's count until `i = 0`, it drops bytes of a later request when it fails before that store.
 * Not here: a correct driver (-> exact.cpp). Kept as evidence of why that one is needed.
 */
#include "driver.h"

namespace {

volatile L4_Word_t i IS_PERSISTENT = 0;

class ThesisDriver final : public ParallelDriver {
 public:
  status_t Recover(L4_Word_t, const Frame&) override {
    FinishPulse();
    return arc::STATUS_OK;
  }

 protected:
  status_t writeData(L4_Word_t, const volatile unsigned char* buffer, L4_Word_t count) override {
    unsigned char control = io::In8(CONTROLPORT);
    if (!Recovered()) i = 0;
    while (i < count) {
      control |= STROBE;
      io::Out8(DATAPORT, buffer[i]);
      io::Out8(CONTROLPORT, control);
      i = i + 1;
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
  static ThesisDriver driver;
  ArcServer::Run(driver);
}
