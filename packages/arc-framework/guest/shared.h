/*
 * Shared memory: pages in the session region, which P3 keeps over handler, hot and warm restarts.
 *
 * Here: pages of this program's own, device memory, and pages that others offer. A key, not 0, names each piece: asked again
 * with the same key, after whatever restart, it is the same piece at the same address. Functions return arc::STATUS_*.
 * Not here: requests that go with shared pages (-> session.h). Thesis 4.2.3; docs/protocols.md, section 7.
 */
#pragma once
#include "start.h"

namespace shared {

/** Pages of RAM, zeroed at first; at most arc::SHARED_RAM_PAGES. */
status_t Allocate(L4_Word_t key, L4_Word_t pages, char*& base);
/** Pages that an ISA DMA channel reaches: contiguous from `physical` on, across no 64-KiB line; 16 at most. Needs the module word `device`. */
status_t AllocateContiguous(L4_Word_t key, L4_Word_t pages, char*& base, L4_Word_t& physical);
/** Device memory, which is not RAM. Needs the module word `device`. */
status_t MapDevice(L4_Word_t key, L4_Word_t physical, L4_Word_t pages, char*& base);
/** Lets the program whose main thread is `peer` map a piece with these rights (x2::FPAGE_…); L4_nilthread: nobody any more. */
status_t Offer(const void* base, L4_ThreadId_t peer, L4_Word_t rights);
/** Maps `pages` pages that `owner` offers from its address `theirBase` on. What the key named before is released. */
status_t Map(L4_Word_t key, L4_ThreadId_t owner, L4_Word_t theirBase, L4_Word_t pages, char*& base);
/** Gives a piece back. Others who have mapped it keep its pages. */
status_t Release(const void* base);

}  // namespace shared
