/*
 * echo-client TEXT: asks the server "echo-server", prints its answer. A test program.
 *
 * Here: one request. Its exit status is 1 when the answer is not the question.
 */
#include "terminal.h"

namespace {
constexpr L4_Word_t ECHO = 0x710;
}

extern "C" int arc_main(int argc, char** argv) {
  L4_ThreadId_t server;
  if (argc != 2 || process::Lookup("echo-server", server) != arc::STATUS_OK) {
    terminal::Print("echo-client: usage: echo-client TEXT, and the server 'echo-server' must run\n");
    return 1;
  }
  const int last = process::LoadText(1, argv[1]);
  L4_LoadMR(0, L4_Tag(ECHO, static_cast<L4_Word_t>(last)).raw);
  const L4_MsgTag_t tag = L4_Call(server);
  if (tag.Failed() || L4_StoreMR(1) != arc::STATUS_OK) {
    terminal::Print("echo-client: no answer (error 0x%x)\n", L4_ErrorCode());
    return 1;
  }
  const L4_Word_t served = L4_StoreMR(2);
  process::Text text;
  process::ReceivedText(tag, 3, text);
  terminal::Print("echo %u: %s\n", served, text.bytes);
  return strcmp(text.bytes, argv[1]) == 0 ? 0 : 1;
}
