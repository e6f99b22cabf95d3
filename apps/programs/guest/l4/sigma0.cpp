/*
 * sigma0: the owner of all memory, as a foreign program.
 *
 * Here: answering page faults and requests with idempotent mappings, each page to one thread only. Not here: the book of
 * who has what (-> sigma0_memory.h).
 * Protocols: a page fault gets a page of conventional memory, or of what the faulter has already. A request (label -6) names a
 * region, device memory included, or with a base of all ones any free one of its size; refused ones get an empty fpage.
 * An I/O fault gets its ports: they are nobody's alone. The extended protocol (label -1001) sets the verbosity and prints the book. What is not understood gets no answer.
 * Reference: L4 X.2 reference manual, sigma0 RPC protocol.
 */
#include "print.h"
#include "sigma0_memory.h"

using namespace l4;

namespace {

constexpr Word PAGE_BITS = 12, LARGEST_BITS = 31;
constexpr Word EXTENDED = 0xc17, SET_VERBOSITY = 1, DUMP = 2;
constexpr Word ALL_ONES_BASE = 0xfffffc00;
Word verbosity = 0;

/** Loads the answer: a map item of this fpage, or an empty one. */
void Answer(Word fpage) { Load(Tag(0, 0, 2), Item(MAP, fpage), fpage); }

void Refuse() { Load(Tag(0, 0, 2), Item(MAP, 0), 0); }

bool PageFault(Word from, Word address) {
  const Word page = address & ~0xfffu;
  if (verbosity) Print("sigma0: fault of %08x at %08x\n", from, address);
  if (!sigma0::Take(page, 1 << PAGE_BITS, from, false)) return false;
  Answer(Fpage(page, PAGE_BITS, RWX));
  return true;
}

void Request(Word from, Word fpage, Word attributes) {
  const Word bits = fpage >> 4 & 0x3f;
  if (verbosity) Print("sigma0: request of %08x for %08x, attributes %x\n", from, fpage, attributes);
  if (bits < PAGE_BITS || bits > LARGEST_BITS) return Refuse();
  const Word size = 1u << bits;
  const bool any = (fpage & ALL_ONES_BASE) == ALL_ONES_BASE;
  const Word base = any ? sigma0::FindFree(size) : fpage & ~(size - 1);
  if ((any && base == 0) || !sigma0::Take(base, size, from, !any)) return Refuse();
  if (attributes != 0) {
    SetMr(0, Fpage(base, bits, 0));
    if (l4_memory_control(0, attributes, 0, 0, 0) == 0) return Refuse();
  }
  Answer(Fpage(base, bits, RWX));
}

/** True if an answer is loaded. */
bool Handle(Word from, Word tag) {
  const Word one = Mr(1), two = Mr(2);
  switch (Protocol(tag)) {
    case PAGE_FAULT: return Untyped(tag) == 2 && Typed(tag) == 0 && PageFault(from, one);
    case IO_FAULT:
      if (Untyped(tag) != 2 || Typed(tag) != 0) return false;
      Answer(one);
      return true;
    case SIGMA0_RPC:
      if (Untyped(tag) < 2 || Typed(tag) != 0) return false;
      Request(from, one, two);
      return true;
    case EXTENDED:
      if (one == SET_VERBOSITY) verbosity = two;
      if (one != DUMP) return false;
      sigma0::Dump();
      Load(Tag(0, 0));
      return two != 0;
    default: return false;
  }
}

}  // namespace

extern "C" int main() {
  sigma0::ReadDescriptors();
  Word from;
  for (Word tag = Wait(&from);;) {
    const bool answered = (tag & E) == 0 && Handle(from, tag);
    tag = answered ? ReplyWait(from, &from) : Wait(&from);
  }
}
