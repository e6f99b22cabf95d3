/*
 * The direct sound driver with recovery.
 *
 * Here: where the state lies. Not here: the variant (-> direct.h), the driver and Recover (-> driver.h).
 */
#include "direct.h"

namespace {
volatile SoundState state IS_PERSISTENT = {};
}  // namespace

extern "C" int arc_main(int, char**) {
  static Recovering<DirectDriver> driver(state);
  ArcServer::Run(driver);
}
