/*
 * Threads and spaces of a test program: made by the root task, started anywhere, ended.
 *
 * Here: slots, each with an id, a UTCB and a stack of its own; children in spaces of their own see the root task's image at
 * the same addresses, through a pager. Not here: what they do (-> the programs).
 */
#pragma once
#include "abi.h"

namespace task {

using l4::Word;

constexpr int SLOTS = 12;
constexpr Word UTCB_AREA = 0xbf000000, UTCB_AREA_BITS = 17, KIP_AREA = 0xbff00000, KIP_AREA_BITS = 12;
/** The root task's image and what it has beside it: shared with children at the same addresses. */
constexpr Word IMAGE = 0x400000, IMAGE_END = 0x430000;

/** Remembers the root task; before everything else. */
void Initialize();
Word Main();
/** Id of a slot, and its UTCB in the root task's space. */
Word Id(int slot);
Word Utcb(int slot);
/** Makes an active thread of the root task's space, which waits for its start by `pager` (nil: the main thread). */
Word Create(int slot, Word pager = l4::NIL);
/** Makes a space with one active thread. */
Word CreateSpace(int slot, Word pager);
/** Lets a thread go on at `entry` with an empty stack, whatever it does; `entry` must not return. */
void Run(int slot, void (*entry)());
/** Deletes the slot's thread, and its space with it. */
void Delete(int slot);
/** Waits for good. */
[[noreturn]] void Rest();

/**
 * Starts the pager of children in `slot`: it maps the root task's image, and `*faultTag` gets any other fault's tag; the
 * child then goes on at `onFault`.
 */
Word StartPager(int slot, volatile Word* faultTag, void (*onFault)());

}  // namespace task
