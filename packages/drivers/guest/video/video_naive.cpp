/*
 * The graphics driver without recovery in mind: a crash is answered with a cold start, which knows of no holder.
 *
 * Here: where the state lies. Kept as the measure of video.cpp.
 */
#include "driver.h"

namespace {

volatile VideoState state;

}  // namespace

extern "C" int arc_main(int, char**) {
  static VideoDriver driver(state);
  ArcServer::Run(driver);
}
