/*
 * echo-server: a server without recovery of its own, which is legal: it is restarted without its memory.
 *
 * Here: answers a request with its own words, and counts what it has answered since its memory was new. A test program.
 */
#include "arc_server.h"

namespace {

constexpr L4_Word_t ECHO = 0x710;

volatile L4_Word_t served IS_PERSISTENT = 0;

class EchoServer final : public ArcServer {
 public:
  status_t Initialize() override { return arc::STATUS_OK; }
  status_t Exit() override { return arc::STATUS_OK; }

 protected:
  status_t Service(const Request& request, Reply& reply) override;

 private:
  status_t Echo(const Request& request, Reply& reply) {
    served = served + 1;
    reply.Put(served);
    for (L4_Word_t n = 1; n <= request.Words() && n <= 32; n++) reply.Put(request.Word(n));
    return arc::STATUS_OK;
  }
};

BEGIN_HANDLERS(EchoServer)
CONNECT_HANDLER(ECHO, Echo)
END_HANDLERS

}  // namespace

extern "C" int arc_main(int, char**) {
  static EchoServer server;
  ArcServer::Run(server);
}
