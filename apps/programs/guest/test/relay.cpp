/*
 * relay [warm|cold]: a server between clients and "echo-server", restarted with it – hot, or as the word says – when that
 * one loses its memory.
 *
 * Here: passes a request on and puts in front of the answer how often it has been restarted for its server's sake.
 * A test program.
 */
#include "arc_server.h"

namespace {

constexpr L4_Word_t ECHO = 0x710;
constexpr int PATIENCE = 100;

/** How it wants to be restarted; argument words are there in every life. */
L4_Word_t Agreement() {
  if (arc_start->argc < 2) return arc::AGREEMENT_RESTART;
  return strcmp(arc_start->argv[1], "warm") == 0 ? arc::AGREEMENT_RESTART_WARM : arc::AGREEMENT_RESTART_COLD;
}

volatile L4_Word_t joined IS_PERSISTENT = 0;

class Relay final : public ArcServer {
 public:
  status_t Initialize() override { return Establish(); }
  status_t Exit() override { return arc::STATUS_OK; }
  status_t Recover(L4_Word_t reason, const Frame&) override {
    if (reason == x2::FAILURE_GROUP) joined = joined + 1;
    return Establish();
  }

 protected:
  status_t Service(const Request& request, Reply& reply) override;

 private:
  status_t Establish() { return process::Connect("echo-server", Agreement(), echo_, PATIENCE); }

  status_t Pass(const Request& request, Reply& reply) {
    for (L4_Word_t n = 1; n <= request.Words(); n++) L4_LoadMR(static_cast<int>(n), request.Word(n));
    L4_LoadMR(0, L4_Tag(ECHO, request.Words()).raw);
    const L4_MsgTag_t tag = L4_Call(echo_);
    if (tag.Failed() || L4_StoreMR(1) != arc::STATUS_OK) return arc::STATUS_FAILED;
    L4_Word_t words[40];
    const L4_Word_t count = tag.Untyped() < 40 ? tag.Untyped() : 40;
    for (L4_Word_t n = 2; n <= count; n++) words[n - 2] = L4_StoreMR(static_cast<int>(n));
    reply.Put(joined);
    for (L4_Word_t n = 2; n <= count; n++) reply.Put(words[n - 2]);
    return arc::STATUS_OK;
  }

  L4_ThreadId_t echo_;
};

BEGIN_HANDLERS(Relay)
CONNECT_HANDLER(ECHO, Pass)
END_HANDLERS

}  // namespace

extern "C" int arc_main(int, char**) {
  static Relay server;
  ArcServer::Run(server);
}
