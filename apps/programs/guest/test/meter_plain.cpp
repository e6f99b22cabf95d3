/*
 * meter-plain: its pages are plain persistent memory, to compare meter.cpp with.
 */
#include "meter.h"

namespace {
volatile L4_Word_t served IS_PERSISTENT = 0;
meter::Page pages[meter::PAGES] IS_PERSISTENT = {};
}  // namespace

extern "C" int arc_main(int, char**) {
  static meter::Meter server(served, pages);
  ArcServer::Run(server);
}
