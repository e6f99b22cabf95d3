/*
 * The definitions behind sigma0_memory.h: a sorted list of regions without gaps.
 */
#include "sigma0_memory.h"

#include "print.h"

namespace sigma0 {

using namespace l4;

namespace {

/** From `start` up to the next region's start. Owners above KERNEL are thread ids. */
struct Region {
  Word start;
  Word owner;
};

constexpr int MOST = 4096;
Region regions[MOST] = {{0, KERNEL}};
int count = 1;

Word EndOf(int i) { return i + 1 < count ? regions[i + 1].start : 0; }  // 0: 4 GiB

int Find(Word address) {
  int low = 0, high = count;
  while (high - low > 1) {
    const int middle = (low + high) / 2;
    if (regions[middle].start <= address) low = middle;
    else high = middle;
  }
  return low;
}

/** Lets a region start at `address`; false when the book is full. */
bool Split(Word address) {
  const int i = Find(address);
  if (regions[i].start == address) return true;
  if (count == MOST) return false;
  for (int j = count++; j > i + 1; j--) regions[j] = regions[j - 1];
  regions[i + 1] = {address, regions[i].owner};
  return true;
}

/** [first, last] becomes `owner`'s. */
bool Assign(Word first, Word last, Word owner) {
  if (count + 2 > MOST || !Split(first) || (last + 1 != 0 && !Split(last + 1))) return false;
  const int from = Find(first);
  int to = from;
  while (to + 1 < count && regions[to + 1].start <= last) to++;
  regions[from].owner = owner;
  // One entry for the range, and for equal neighbours.
  int kept = from + 1;
  for (int i = to + 1; i < count; i++)
    if (regions[i].owner != regions[kept - 1].owner) regions[kept++] = regions[i];
  count = kept;
  if (from > 0 && regions[from - 1].owner == owner) {
    for (int i = from; i + 1 < count; i++) regions[i] = regions[i + 1];
    count--;
  }
  return true;
}

}  // namespace

void ReadDescriptors() {
  const char* kip = Kip();
  const Word info = *reinterpret_cast<const Word*>(kip + 0x54);
  const auto* descriptor = reinterpret_cast<const Word*>(kip + (info >> 16));
  const Word sigma0 = Me(), root = Global(Number(sigma0) + 2, 1);
  constexpr Word VIRTUAL = 0x200, TYPE = 0xf, CONVENTIONAL_TYPE = 1, SHARED_TYPE = 4, BOOT_TYPE = 0xe;
  for (Word n = info & 0xffff; n > 0; n--, descriptor += 2) {
    if (descriptor[0] & VIRTUAL) continue;
    const Word type = descriptor[0] & TYPE;
    const Word owner = type == CONVENTIONAL_TYPE                      ? CONVENTIONAL
                       : type == SHARED_TYPE || type == BOOT_TYPE || type == 0xf ? DEVICE
                                                                      : KERNEL;
    Assign(descriptor[0] & ~0x3ffu, descriptor[1] | 0x3ff, owner);
  }
  const auto image = [kip](Word at, Word owner) {
    const Word low = *reinterpret_cast<const Word*>(kip + at + 8), high = *reinterpret_cast<const Word*>(kip + at + 12);
    Assign(low & ~0xfffu, (high - 1) | 0xfff, owner);
  };
  image(0x20, sigma0);
  image(0x40, root);
}

bool Take(Word base, Word size, Word owner, bool device) {
  const Word last = base + size - 1;
  for (int i = Find(base); i < count && regions[i].start <= last; i++) {
    const Word has = regions[i].owner;
    if (has != owner && has != CONVENTIONAL && !(device && has == DEVICE)) return false;
  }
  return Assign(base, last, owner);
}

Word FindFree(Word size) {
  for (int i = 0; i < count; i++) {
    if (regions[i].owner != CONVENTIONAL) continue;
    const Word start = regions[i].start == 0 ? 0x1000 : regions[i].start;
    const Word aligned = (start + size - 1) & ~(size - 1);
    if (aligned >= start && EndOf(i) - aligned >= size && aligned - regions[i].start < EndOf(i) - regions[i].start)
      return aligned;
  }
  return 0;
}

void Dump() {
  for (int i = 0; i < count; i++) {
    const Word owner = regions[i].owner;
    Print("sigma0: %08x-%08x ", regions[i].start, EndOf(i) - 1);
    if (owner > KERNEL) Print("%08x\n", owner);
    else Print("%s\n", owner == CONVENTIONAL ? "free" : owner == DEVICE ? "device" : "kernel");
  }
}

}  // namespace sigma0
