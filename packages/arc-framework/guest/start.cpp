/*
 * The first C++ of every program: system-call entries, constructors, arc_main, exit.
 *
 * Here: what runs on every start, the first and those after failures. Not here: the entry itself (-> start.S).
 */
#include "start.h"
#include "process.h"

const StartBlock* arc_start;

extern "C" {
using Initializer = void (*)();
extern const Initializer arc_initializers[], arc_initializers_end[];

[[noreturn]] void arc_start_program(const StartBlock* block) {
  L4_Initialize();
  arc_start = block;
  for (const Initializer* next = arc_initializers; next != arc_initializers_end; next++) (*next)();
  process::Exit(static_cast<L4_Word_t>(arc_main(static_cast<int>(block->argc), block->argv)));
}
}
