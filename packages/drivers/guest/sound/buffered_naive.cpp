/*
 * The double-buffered sound driver without recovery in mind: a crash is answered with a cold start, and the sound is gone.
 *
 * Here: where the state lies. Kept as the measure of buffered.cpp.
 */
#include "buffered.h"

namespace {

volatile SoundState state;

}  // namespace

extern "C" int arc_main(int, char**) {
  static BufferedDriver driver(state);
  ArcServer::Run(driver);
}
