/*
 * What compiler-made checks need: the stack protector's word, and the trap that tells it from others.
 *
 * Here: nothing that a program built without such checks has. The sanitiser's checks are UD1 instructions whose operand names
 * the check; the stack protector's calls here and does the same, with a number of its own. P3 reads the instruction.
 */
#include "start.h"

extern "C" {
/** Bytes that end strings of most kinds: a text copied over the word cannot leave it as it was. */
extern const L4_Word_t __stack_chk_guard;
const L4_Word_t __stack_chk_guard = 0xff0a0d00;

[[noreturn]] void __stack_chk_fail() {
  asm volatile(".byte 0x0f, 0xb9, 0x40, %c0" : : "i"(arc::CHECK_STACK));
  __builtin_unreachable();
}
}
