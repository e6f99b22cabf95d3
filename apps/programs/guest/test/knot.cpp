/*
 * knot PEER [thread]: a server that asks another of its kind, in a further thread if it is told so, before it answers. A test program.
 *
 * Here: KNOT n asks the peer with n - 1, and answers when n is 0. Three of them in a circle and n = 3: each waits for the next
 * one. A replay is answered at once, with 77.
 */
#include "arc_server.h"

namespace {

constexpr L4_Word_t KNOT = 0x760;
constexpr L4_Word_t UNTIED = 77;
constexpr int PATIENCE = 100;

alignas(16) L4_Word_t stack[1024];

/** A thread that passes each request on to the peer, and its answer back. */
void Carry(void* peer) {
  L4_ThreadId_t boss;
  L4_Wait(boss);
  for (;;) {
    L4_LoadMR(0, L4_Tag(KNOT, 1).raw);
    const L4_MsgTag_t tag = L4_Call(*static_cast<L4_ThreadId_t*>(peer));
    if (tag.Failed()) L4_LoadMR(1, arc::STATUS_FAILED);
    L4_LoadMR(0, L4_Tag(0, 2).raw);
    L4_ReplyWait(boss, boss);
  }
}

class Knot final : public ArcServer {
 public:
  status_t Initialize() override { return arc::STATUS_OK; }
  status_t Exit() override { return arc::STATUS_OK; }
  status_t Recover(L4_Word_t, const Frame&) override { return arc::STATUS_OK; }

 protected:
  status_t Service(const Request& request, Reply& reply) override;

 private:
  status_t Ask(const Request& request, Reply& reply) {
    if (Recovered()) {
      reply.Put(UNTIED);
      return arc::STATUS_OK;
    }
    const L4_Word_t n = request.Word(1);
    if (n == 0) {
      reply.Put(0);
      return arc::STATUS_OK;
    }
    if (process::Lookup(arc_start->argv[1], peer_, PATIENCE) != arc::STATUS_OK) return arc::STATUS_NOT_FOUND;
    L4_ThreadId_t asked = peer_;
    if (arc_start->argc > 2 && process::NewThread(Carry, &peer_, stack + 1024, asked) != arc::STATUS_OK)
      return arc::STATUS_NO_MEMORY;
    L4_LoadMR(1, n - 1);
    L4_LoadMR(0, L4_Tag(KNOT, 1).raw);
    const L4_MsgTag_t tag = L4_Call(asked);
    const status_t answer = L4_StoreMR(1), value = L4_StoreMR(2);
    if (arc_start->argc > 2) process::DeleteThread(asked);
    if (tag.Failed()) return arc::STATUS_FAILED;
    if (answer == arc::STATUS_OK) reply.Put(value + 1);
    return answer;
  }

  L4_ThreadId_t peer_;
};

BEGIN_HANDLERS(Knot)
CONNECT_HANDLER(KNOT, Ask)
END_HANDLERS

}  // namespace

extern "C" int arc_main(int argc, char**) {
  if (argc < 2) return 1;
  static Knot server;
  ArcServer::Run(server);
}
