/*
 * faulter [ROUNDS]: page faults, contents checked.
 *
 * Here: the heap's pages are touched one by one, then all flushed from the program's own space (Unmap with f); the pager
 * keeps them, so that each touch afterwards is a fault that must find what was written before. A test program.
 */
#include "terminal.h"

namespace {

constexpr L4_Word_t PAGES = arc::HEAP_SIZE / x2::PAGE_SIZE;
constexpr L4_Word_t FAULTS = 100'000;
constexpr L4_Word_t HEAP_BITS = 20;
static_assert(arc::HEAP_SIZE == 1u << HEAP_BITS);

volatile L4_Word_t& WordOf(L4_Word_t page) {
  return *reinterpret_cast<volatile L4_Word_t*>(arc::HEAP_AREA + page * x2::PAGE_SIZE + 4 * (page % 1024));
}

constexpr L4_Word_t Value(L4_Word_t round, L4_Word_t page) { return round == 0 ? 0 : round << 12 | page; }

void FlushHeap() {
  L4_LoadMR(0, arc::HEAP_AREA | HEAP_BITS << 4 | x2::FPAGE_RWX);
  l4_unmap(x2::UNMAP_FLUSH);
}

}  // namespace

extern "C" int arc_main(int argc, char** argv) {
  L4_Word_t rounds = (FAULTS + PAGES - 1) / PAGES;
  if (argc > 1) {
    rounds = 0;
    for (const char* digit = argv[1]; *digit >= '0' && *digit <= '9'; digit++)
      rounds = rounds * 10 + static_cast<L4_Word_t>(*digit - '0');
  }
  for (L4_Word_t round = 0; round < rounds; round++) {
    for (L4_Word_t page = 0; page < PAGES; page++) {
      if (WordOf(page) != Value(round, page)) {
        terminal::Print("faulter: page %u has lost its contents in round %u\n", page, round);
        return 1;
      }
      WordOf(page) = Value(round + 1, page);
    }
    FlushHeap();
  }
  terminal::Print("faulter: %u page faults, contents checked: OK\n", rounds * PAGES);
  return 0;
}
