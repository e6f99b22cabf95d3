/*
 * hello: greets, and says what it was given.
 *
 * Here: the smallest program. Its exit status is 0.
 */
#include "terminal.h"

extern "C" int arc_main(int argc, char** argv) {
  terminal::Print("Hello, world!");
  for (int n = 1; n < argc; n++) terminal::Print(n == 1 ? " I was given: %s" : " %s", argv[n]);
  terminal::Print("\n");
  return 0;
}
