/*
 * The PATA driver with recovery: sessions survive in SessionServer, the drive is reset, the open request is served again.
 *
 * Here: Recover. Not here: the driver (-> pata_server.h, drive.cpp). Thesis 5.1.5.
 */
#include "pata_server.h"

namespace {

volatile L4_Word_t sectors IS_PERSISTENT = 0;

class Server final : public PataServer {
 public:
  using PataServer::PataServer;
  status_t Recover(L4_Word_t, const Frame&) override {
    return drive::Reset() ? arc::STATUS_OK : arc::STATUS_FAILED;
  }
};

}  // namespace

extern "C" int arc_main(int, char**) {
  static Server server(sectors);
  ArcServer::Run(server);
}
