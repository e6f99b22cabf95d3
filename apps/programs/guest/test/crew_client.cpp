/*
 * crew-client: asks the server "crew" a few times, and has its worker fail in between. A test program.
 */
#include "terminal.h"

extern "C" int arc_main(int, char**) {
  constexpr L4_Word_t ECHO = 0x710;
  constexpr L4_Word_t WORDS[] = {1, 0xf0, 3};
  L4_ThreadId_t crew;
  if (process::Lookup("crew", crew, 100) != arc::STATUS_OK) return 1;
  for (const L4_Word_t word : WORDS) {
    L4_LoadMR(1, word);
    L4_LoadMR(0, L4_Tag(ECHO, 1).raw);
    const L4_MsgTag_t tag = L4_Call(crew);
    const L4_Word_t status = L4_StoreMR(1), starts = L4_StoreMR(2), total = L4_StoreMR(3), answer = L4_StoreMR(4);
    if (tag.Failed() || status != arc::STATUS_OK) return 1;
    terminal::Print("crew: started %u, total %u, answer %u\n", starts, total, answer);
  }
  return 0;
}
