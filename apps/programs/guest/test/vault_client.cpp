/*
 * vault-client WORD [COUNT]: asks the server "vault", COUNT times, and prints its last answer. A test program.
 *
 * Here: words move, look, damage, scribble. The exit status is 1 when it is not answered.
 */
#include "terminal.h"

namespace {
constexpr L4_Word_t MOVE = 0x730;
constexpr const char* WORDS[] = {"move", "look", "damage", "scribble"};
}  // namespace

extern "C" int arc_main(int argc, char** argv) {
  L4_ThreadId_t vault;
  if (argc < 2 || process::Lookup("vault", vault, 100) != arc::STATUS_OK) return 1;
  L4_Word_t word = 0;
  while (word < 4 && strcmp(argv[1], WORDS[word]) != 0) word++;
  const L4_Word_t count = argc > 2 ? static_cast<L4_Word_t>(argv[2][0] - '0') : 1;
  for (L4_Word_t n = 0; n < count; n++) {
    L4_LoadMR(1, 100 * n + 1);
    L4_LoadMR(2, 5);
    L4_LoadMR(0, L4_Tag(MOVE + word, 2).raw);
    const L4_MsgTag_t tag = L4_Call(vault);
    if (tag.Failed() || L4_StoreMR(1) != arc::STATUS_OK) {
      terminal::Print("vault-client: no answer, status %u\n", tag.Failed() ? 0 : L4_StoreMR(1));
      return 1;
    }
  }
  L4_Word_t words[6];
  for (int n = 0; n < 6; n++) words[n] = L4_StoreMR(n + 2);
  terminal::Print("sum %u moved %u totals %u good %u page %u note %u\n", words[0], words[1], words[2], words[3],
                  words[4], words[5]);
  return 0;
}
