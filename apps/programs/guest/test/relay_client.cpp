/*
 * relay-client COUNT: asks "relay" so often; prints every answer. A test program.
 *
 * Here: it connects to be told of losses, and prints how many it was told of. Its exit status is 1 after any error.
 */
#include "terminal.h"

namespace {
constexpr L4_Word_t ECHO = 0x710;
}

extern "C" int arc_main(int argc, char** argv) {
  L4_ThreadId_t relay, echo;
  if (argc != 2 || process::Connect("relay", arc::AGREEMENT_NONE, relay, 100) != arc::STATUS_OK ||
      process::Connect("echo-server", arc::AGREEMENT_NOTIFY, echo, 100) != arc::STATUS_OK) {
    terminal::Print("relay-client: usage: relay-client COUNT, and the servers must run\n");
    return 1;
  }
  // A client that is no server cannot be restarted with one.
  if (process::Connect("relay", arc::AGREEMENT_RESTART, relay) != arc::STATUS_REFUSED) return 1;
  for (L4_Word_t i = 0; i < static_cast<L4_Word_t>(argv[1][0] - '0'); i++) {
    L4_LoadMR(1, 100 + i);
    L4_LoadMR(0, L4_Tag(ECHO, 1).raw);
    const L4_MsgTag_t tag = L4_Call(relay);
    if (tag.Failed() || L4_StoreMR(1) != arc::STATUS_OK) {
      terminal::Print("relay-client: no answer\n");
      return 1;
    }
    const L4_Word_t joined = L4_StoreMR(2), served = L4_StoreMR(3), word = L4_StoreMR(4);
    terminal::Print("answer %u: word %u, echo-server's %u, group restarts %u, losses %u\n", i, word, served, joined,
                    arc_start->restart->losses);
  }
  return 0;
}
