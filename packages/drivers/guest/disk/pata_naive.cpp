/*
 * The PATA driver without recovery in mind: a crash is answered with a cold start, which knows of no session.
 *
 * Here: where the state lies. Kept as the measure of pata.cpp.
 */
#include "pata_server.h"

namespace {

volatile L4_Word_t sectors;

}  // namespace

extern "C" int arc_main(int, char**) {
  static PataServer server(sectors);
  ArcServer::Run(server);
}
