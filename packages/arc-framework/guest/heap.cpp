/*
 * First fit over a chain of blocks.
 *
 * Here: the chain. It is in memory that a restart renews, so that it needs no order of stores.
 */
#include "heap.h"

namespace heap {

namespace {

constexpr L4_Word_t UNIT = 16;
constexpr L4_Word_t BYTES = arc::HEAP_SIZE / 2;
enum State : L4_Word_t { FREE, USED, LEFT };

/** The sizes make the chain. */
struct Header {
  L4_Word_t size;  ///< with the header
  State state;
  L4_Word_t reserved[2];
};
static_assert(sizeof(Header) == UNIT);

bool ready = false;

Header* First() {
  auto* first = reinterpret_cast<Header*>(arc::HEAP_AREA + arc::HEAP_SIZE - BYTES);
  if (!ready) *first = {BYTES, FREE, {}};
  ready = true;
  return first;
}

Header* Next(Header* block) { return reinterpret_cast<Header*>(reinterpret_cast<char*>(block) + block->size); }
bool Inside(const Header* block) { return reinterpret_cast<L4_Word_t>(block) < arc::HEAP_AREA + arc::HEAP_SIZE; }

bool Environment(L4_Word_t bit) {
  const volatile RestartPage* page = arc_start->restart;
  return page && (page->environment & bit);
}

Header* Find(L4_Word_t size) {
  for (Header* block = First(); Inside(block); block = Next(block)) {
    if (block->state != FREE) continue;
    while (Inside(Next(block)) && Next(block)->state == FREE) block->size += Next(block)->size;
    if (block->size >= size) return block;
  }
  return nullptr;
}

/** What was freed, and not given out again yet, is free. */
void Reclaim() {
  for (Header* block = First(); Inside(block); block = Next(block))
    if (block->state == LEFT) block->state = FREE;
}

}  // namespace

void* Allocate(L4_Word_t bytes) {
  if (bytes > BYTES) return nullptr;
  const L4_Word_t size = sizeof(Header) + (bytes + UNIT - 1) / UNIT * UNIT;
  Header* block = Find(size);
  if (!block) {
    Reclaim();
    block = Find(size);
  }
  if (!block) return nullptr;
  if (block->size > size) {
    auto* rest = reinterpret_cast<Header*>(reinterpret_cast<char*>(block) + size);
    rest->size = block->size - size;
    rest->state = FREE;
    block->size = size;
  }
  block->state = USED;
  if (Environment(arc::ENVIRONMENT_ZEROED)) memset(block + 1, 0, size - sizeof(Header));
  return block + 1;
}

void Free(void* bytes) {
  if (bytes) (static_cast<Header*>(bytes) - 1)->state = Environment(arc::ENVIRONMENT_LASTING) ? LEFT : FREE;
}

}  // namespace heap
