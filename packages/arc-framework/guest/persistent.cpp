/*
 * Persistent memory: checks, requests to P3, and the allocator.
 *
 * Here: orders of stores that leave a good state wherever they are cut.
 */
#include "persistent.h"
#include "arc_server.h"

extern "C" {
// The linker's names for the ends of sections; both null where a program has none of them.
[[gnu::weak]] extern char __start_arc_transactional[], __stop_arc_transactional[];
[[gnu::weak]] extern char __start_arc_checked[], __stop_arc_checked[];
}

namespace persistent {

namespace {

constexpr L4_Word_t PAGE = 0x1000;
constexpr L4_Word_t UNIT = 16;

/** A block and what is behind it: header, then the bytes. Key 0: free. The sizes alone make the chain. */
struct Header {
  L4_Word_t size;  ///< with the header
  L4_Word_t key;
  L4_Word_t reserved[2];
};
static_assert(sizeof(Header) == UNIT);

struct alignas(UNIT) Pool {
  char bytes[HEAP_BYTES];
};
Pool pool IS_PERSISTENT = {};
volatile L4_Word_t poolReady IS_PERSISTENT = 0;

Header* First() {
  auto* first = reinterpret_cast<Header*>(pool.bytes);
  if (!poolReady) {
    first->key = 0;
    first->size = HEAP_BYTES;
    asm volatile("" ::: "memory");
    poolReady = 1;
  }
  return first;
}

Header* Next(Header* block) { return reinterpret_cast<Header*>(reinterpret_cast<char*>(block) + block->size); }
bool Inside(const Header* block) { return reinterpret_cast<const char*>(block) < pool.bytes + HEAP_BYTES; }

status_t Ask(L4_Word_t label, L4_Word_t first, L4_Word_t second, L4_Word_t third) {
  L4_LoadMR(1, first);
  L4_LoadMR(2, second);
  L4_LoadMR(3, third);
  L4_LoadMR(0, L4_Tag(label, 3).raw);
  const L4_MsgTag_t tag = L4_Call(L4_Pager());
  return tag.Failed() || tag.Untyped() < 1 ? arc::STATUS_FAILED : L4_StoreMR(1);
}

L4_Word_t Address(const void* base) { return reinterpret_cast<L4_Word_t>(base); }

}  // namespace

L4_Word_t Checksum(const void* words, L4_Word_t bytes) {
  L4_Word_t sum = 2166136261u;
  const auto* word = static_cast<const volatile L4_Word_t*>(words);
  for (L4_Word_t n = 0; n < bytes / sizeof(L4_Word_t); n++) sum = (sum ^ word[n]) * 16777619u;
  return sum;
}

bool CheckedBlock::Good() const {
  if (current > 1 || bytes > size) return false;
  const L4_Word_t sum = sums[current];
  return sum == 0 || sum == (Checksum(Copy(current), bytes) | 1);
}

bool Verify() {
  const L4_Word_t end = Address(__stop_arc_checked);
  for (L4_Word_t at = Address(__start_arc_checked); at < end;) {
    const auto* block = reinterpret_cast<const CheckedBlock*>(at);
    const L4_Word_t left = end - at;
    if (block->size < sizeof *block || block->size > left || !block->Good()) return false;
    at += block->size;
  }
  return true;
}

status_t WatchTransactions() {
  const L4_Word_t bytes = Address(__stop_arc_transactional) - Address(__start_arc_transactional);
  if (bytes == 0) return arc::STATUS_OK;
  return Ask(arc::P3_PROTECT, Address(__start_arc_transactional), (bytes + PAGE - 1) / PAGE,
             arc::PROTECT_TRANSACTIONAL);
}

void Commit() { Ask(arc::P3_COMMIT, 0, 0, 0); }

status_t Protect(const void* base, L4_Word_t pages) {
  return Ask(arc::P3_PROTECT, Address(base), pages, arc::PROTECT_WINDOWS);
}

Window::Window(const void* base) : base_(base) { Ask(arc::P3_WINDOW, Address(base), 1, 0); }
Window::~Window() { Ask(arc::P3_WINDOW, Address(base_), 0, 0); }

void* Allocate(L4_Word_t key, L4_Word_t bytes) {
  if (key == 0 || bytes > HEAP_BYTES) return nullptr;
  const L4_Word_t size = sizeof(Header) + (bytes + UNIT - 1) / UNIT * UNIT;
  for (Header* block = First(); Inside(block); block = Next(block))
    if (block->key == key) return block->size < size ? nullptr : block + 1;
  for (Header* block = First(); Inside(block); block = Next(block)) {
    if (block->key) continue;
    // Neighbours that are free become one: a store of the size does it.
    while (Inside(Next(block)) && !Next(block)->key) block->size += Next(block)->size;
    if (block->size < size) continue;
    memset(block + 1, 0, size - sizeof(Header));
    if (block->size > size) {
      auto* rest = reinterpret_cast<Header*>(reinterpret_cast<char*>(block) + size);
      rest->key = 0;
      rest->size = block->size - size;
      asm volatile("" ::: "memory");  // the rest is a block before this one ends there
      block->size = size;
    }
    asm volatile("" ::: "memory");
    block->key = key;
    return block + 1;
  }
  return nullptr;
}

void Free(L4_Word_t key) {
  for (Header* block = First(); Inside(block); block = Next(block))
    if (block->key == key) block->key = 0;
}

}  // namespace persistent
