/*
 * The direct sound driver without recovery in mind: a crash is answered with a cold start, and the sound is gone.
 *
 * Here: where the state lies. Kept as the measure of direct.cpp.
 */
#include "direct.h"

namespace {

volatile SoundState state;

}  // namespace

extern "C" int arc_main(int, char**) {
  static DirectDriver driver(state);
  ArcServer::Run(driver);
}
