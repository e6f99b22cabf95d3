/*
 * A heap: blocks of memory that any restart takes back.
 *
 * Here: allocating and freeing, and what is different in a life with a changed environment. Not here: memory that is kept
 * (-> persistent.h). It has the upper half of HEAP_AREA; the lower half is the program's.
 * Reference: Rx (Qin et al. 2007): zero-filling, delayed freeing.
 */
#pragma once
#include "start.h"

namespace heap {

/**
 * A block, aligned to 16 bytes, with whatever its memory held before; null when there is no room. ENVIRONMENT_ZEROED: it is
 * filled with zeroes.
 */
void* Allocate(L4_Word_t bytes);
/** Frees a block. ENVIRONMENT_LASTING: its memory is given out again only when there is no other. */
void Free(void* block);

}  // namespace heap
