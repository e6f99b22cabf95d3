/*
 * knot PEER: a server that asks another of its kind before it answers. A test program.
 *
 * Here: KNOT n asks the peer with n - 1, and answers when n is 0. Three of them in a circle and n = 3: each waits for the next
 * one. A replay is answered at once, with 77.
 */
#include "arc_server.h"

namespace {

constexpr L4_Word_t KNOT = 0x760;
constexpr L4_Word_t UNTIED = 77;
constexpr int PATIENCE = 100;

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
    L4_ThreadId_t peer;
    if (process::Lookup(arc_start->argv[1], peer, PATIENCE) != arc::STATUS_OK) return arc::STATUS_NOT_FOUND;
    L4_LoadMR(1, n - 1);
    L4_LoadMR(0, L4_Tag(KNOT, 1).raw);
    const L4_MsgTag_t tag = L4_Call(peer);
    if (tag.Failed()) return arc::STATUS_FAILED;
    const status_t status = L4_StoreMR(1);
    if (status == arc::STATUS_OK) reply.Put(L4_StoreMR(2) + 1);
    return status;
  }
};

BEGIN_HANDLERS(Knot)
CONNECT_HANDLER(KNOT, Ask)
END_HANDLERS

}  // namespace

extern "C" int arc_main(int argc, char**) {
  if (argc != 2) return 1;
  static Knot server;
  ArcServer::Run(server);
}
