/*
 * The double-buffered sound driver with recovery.
 *
 * Here: where the state lies. Not here: the variant (-> buffered.h), the driver and Recover (-> driver.h).
 */
#include "buffered.h"

namespace {
volatile SoundState state IS_PERSISTENT = {};
}  // namespace

extern "C" int arc_main(int, char**) {
  static Recovering<BufferedDriver> driver(state);
  ArcServer::Run(driver);
}
