/*
 * The parallel-port driver that prints every byte once, wherever it fails.
 *
 * Here: intent -> act -> commit around the one access that prints, the OUT that asserts STROBE. Afterwards the control
 * register tells whether it has happened: STROBE is asserted from then until the pulse is ended, and the commit
 * (or Recover's, which comes first in Recover) lies before that end.
 * Not here: the argument at length (-> packages/drivers/README.md).
 */
#include "driver.h"

namespace {

/** The request that `i` counts in. */
volatile L4_Word_t job IS_PERSISTENT = 0;
/** Bytes of it that are printed, and the intent: `next` differs from `i` while one is being printed. */
volatile L4_Word_t i IS_PERSISTENT = 0;
volatile L4_Word_t next IS_PERSISTENT = 0;

class ExactDriver final : public ParallelDriver {
 public:
  status_t Recover(L4_Word_t, const Frame&) override {
    if (next != i) {
      if (io::In8(CONTROLPORT) & STROBE) i = next;
      else next = i;
    }
    FinishPulse();
    return arc::STATUS_OK;
  }

 protected:
  status_t writeData(L4_Word_t sequence, const volatile unsigned char* buffer, L4_Word_t count) override {
    if (job != sequence) {
      next = 0;
      i = 0;
      job = sequence;
    }
    const unsigned char control = io::In8(CONTROLPORT) & ~STROBE;
    while (i < count) {
      while (!(io::In8(STATUSPORT) & pc::LPT_STATUS_NBUSY)) L4_Sleep(SEND_DELAY);
      const L4_Word_t after = i + 1;
      next = after;
      io::Out8(DATAPORT, buffer[after - 1]);
      io::Out8(CONTROLPORT, control | STROBE);
      i = after;
      L4_Sleep(SEND_DELAY);
      io::Out8(CONTROLPORT, control);
      L4_Sleep(SEND_DELAY);
    }
    return arc::STATUS_OK;
  }
};

}  // namespace

extern "C" int arc_main(int, char**) {
  static ExactDriver driver;
  ArcServer::Run(driver);
}
