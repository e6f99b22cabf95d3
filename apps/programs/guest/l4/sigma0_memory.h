/*
 * Who has which physical memory: sigma0's book.
 *
 * Here: regions with their owners, from the kernel interface page's memory descriptors on. Not here: messages (-> sigma0.cpp).
 * A region is handed out once: afterwards it is its owner's, who may ask for it again.
 */
#pragma once
#include "abi.h"

namespace sigma0 {

using l4::Word;

/** What a region is, while nobody has it. */
constexpr Word CONVENTIONAL = 0, DEVICE = 1, KERNEL = 2;

/** Reads the descriptors; images of sigma0 and the root task are theirs already. */
void ReadDescriptors();
/** Gives [base, base + size) to `owner`, if every byte is his, or free and (unless `device`) conventional. */
bool Take(Word base, Word size, Word owner, bool device);
/** The lowest free conventional region of this size and alignment, or 0; page 0 is never it. */
Word FindFree(Word size);
/** Prints the book. */
void Dump();

}  // namespace sigma0
