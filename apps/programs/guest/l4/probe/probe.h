/*
 * probe: what the kernel interface does, one line per fact, in the form of a transcript taken from L4Ka::Pistachio.
 *
 * Here: what its parts share: slots, how an outcome is shown, and each part's topics. Not here: mappings (-> mapprobe.cpp).
 * Each line's words and order are the transcript's: the two are compared as text.
 */
#pragma once
#include "print.h"
#include "task.h"

namespace probe {

using l4::Word;

constexpr int T1 = 0, T2 = 1, FRESH = 2, VICTIM = 3;
constexpr Word NOBODY = l4::Global(9999, 1);
constexpr Word NO_CHANGE = 0xffffffff;

inline const char* Kind(Word id) { return l4::IsLocal(id) ? "local" : "global"; }
/** One Ipc's outcome: `words` is how many message registers came, -1 for those that the tag says. */
void Show(const char* what, Word tag, int words = -1);
/** An Ipc of a message of this tag alone. */
Word WithTag(Word tag, Word to, Word from, Word timeouts, Word* sender = nullptr);
/** What Schedule says of a slot's thread. */
Word StateOf(int slot);

/** ipc.cpp */
void Errors();
void Calls();
void Strings();
void Propagation();
void Misc();
/** faults.cpp */
void Exceptions();
void PageFaults();
/** control.cpp */
void ExchangeRegisters();
void ThreadControl();
void SpaceControl();
void Unmap();
void Clock();
void Deletion();

}  // namespace probe
