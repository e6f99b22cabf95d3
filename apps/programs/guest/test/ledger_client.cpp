/*
 * ledger-client FAULT: twelve requests to "ledger", and how each was answered. A test program.
 *
 * Here: fault 1 and 3 come with the seventh request, 2 with the sixth, 4 with each. Between two requests there is time.
 */
#include "terminal.h"

namespace {
constexpr L4_Word_t ADD = 0x770;
constexpr L4_Word_t REQUESTS = 12;
constexpr L4_Word_t PAUSE = 3'000;
}  // namespace

extern "C" int arc_main(int argc, char** argv) {
  L4_ThreadId_t ledger;
  if (argc != 2 || process::Lookup("ledger", ledger, 100) != arc::STATUS_OK) {
    terminal::Print("ledger-client: usage: ledger-client FAULT, and the server must run\n");
    return 1;
  }
  const L4_Word_t fault = static_cast<L4_Word_t>(argv[1][0] - '0');
  for (L4_Word_t n = 1; n <= REQUESTS; n++) {
    const bool now = fault == 4 || n == (fault == 2 ? 6 : 7);
    L4_LoadMR(1, n);
    L4_LoadMR(2, now ? fault : 0);
    L4_LoadMR(0, L4_Tag(ADD, 2).raw);
    const L4_MsgTag_t tag = L4_Call(ledger);
    const status_t status = tag.Failed() ? arc::STATUS_FAILED : L4_StoreMR(1);
    const bool ok = status == arc::STATUS_OK;
    const L4_Word_t sum = ok ? L4_StoreMR(2) : 0, count = ok ? L4_StoreMR(3) : 0;
    terminal::Print("request %u: status %u sum %u count %u\n", n, status, sum, count);
    L4_Sleep(PAUSE);
  }
  return 0;
}
