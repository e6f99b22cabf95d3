/*
 * ask SERVER LABEL [WORD …]: one request with numbers for words; prints status and words of the answer. A test program.
 *
 * Here: numbers are decimal; LABEL may be several labels between commas, asked one after the other. The exit status is 1 when
 * nobody answers at all.
 */
#include "terminal.h"

namespace {

L4_Word_t Number(const char*& text) {
  L4_Word_t number = 0;
  for (; *text >= '0' && *text <= '9'; text++) number = 10 * number + static_cast<L4_Word_t>(*text - '0');
  return number;
}

bool Ask(L4_ThreadId_t server, L4_Word_t label, int argc, char** argv) {
  const int words = argc - 3;
  for (int n = 0; n < words; n++) {
    const char* text = argv[3 + n];
    L4_LoadMR(n + 1, Number(text));
  }
  L4_LoadMR(0, L4_Tag(label, static_cast<L4_Word_t>(words)).raw);
  const L4_MsgTag_t tag = L4_Call(server);
  if (tag.Failed()) {
    terminal::Print("no answer\n");
    return false;
  }
  L4_Word_t answer[16];
  const L4_Word_t count = tag.Untyped() < 16 ? tag.Untyped() : 16;
  for (L4_Word_t n = 0; n < count; n++) answer[n] = L4_StoreMR(static_cast<int>(n) + 1);
  terminal::Print("status %u:", answer[0]);
  for (L4_Word_t n = 1; n < count; n++) terminal::Print(" %u", answer[n]);
  terminal::Print("\n");
  return true;
}

}  // namespace

extern "C" int arc_main(int argc, char** argv) {
  L4_ThreadId_t server;
  if (argc < 3 || process::Lookup(argv[1], server, 100) != arc::STATUS_OK) {
    terminal::Print("ask: usage: ask SERVER LABEL[,LABEL] [WORD ...], and the server must run\n");
    return 1;
  }
  const char* labels = argv[2];
  for (;;) {
    if (!Ask(server, Number(labels), argc, argv)) return 1;
    if (*labels++ != ',') return 0;
  }
}
