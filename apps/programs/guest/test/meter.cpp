/*
 * meter: its pages are transactional: they take part in requests as a whole.
 */
#include "meter.h"
#include "persistent.h"

namespace {
volatile L4_Word_t served IS_PERSISTENT = 0;
meter::Page pages[meter::PAGES] IS_TRANSACTIONAL = {};
}  // namespace

extern "C" int arc_main(int, char**) {
  static meter::Meter server(served, pages);
  ArcServer::Run(server);
}
