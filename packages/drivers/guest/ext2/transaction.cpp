/*
 * The list.
 *
 * Here: images by block, and their way to the disk: neighbours together, from the lowest block up.
 */
#include "ext2/transaction.h"

using namespace ext2;

char* Ext2Transaction::Find(L4_Word_t block) {
  for (L4_Word_t n = 0; n < list_.count; n++)
    if (list_.blocks[n] == block) return list_.images[n];
  return nullptr;
}

const char* Ext2Transaction::Get(L4_Word_t block) {
  const char* image = Find(block);
  return image ? image : Ext2Blocks::Get(block);
}

Ext2Error Ext2Transaction::Read(L4_Word_t block, L4_Word_t count, char* to) {
  if (list_.count == 0) return Ext2Blocks::Read(block, count, to);
  for (L4_Word_t n = 0; n < count; n++) {
    const char* image = Get(block + n);
    if (!image) return arc::EXT2_EIO;
    memcpy(to + n * BLOCK, image, BLOCK);
  }
  return 0;
}

char* Ext2Transaction::Image(L4_Word_t block, bool fresh) {
  if (!written_) return nullptr;
  char* image = Find(block);
  if (!image) {
    const char* old = fresh ? nullptr : Ext2Blocks::Get(block);
    if ((!fresh && !old) || list_.count == Ext2List::LIMIT) return nullptr;
    image = list_.images[list_.count];
    if (old) memcpy(image, old, BLOCK);
    list_.blocks[list_.count] = block;
    list_.count++;
  }
  if (fresh) memset(image, 0, BLOCK);
  return image;
}

void Ext2Transaction::Abort() {
  if (written_ && list_.count) list_.count = 0;
}

Ext2Error Ext2Transaction::WriteAll() {
  if (const Ext2Error error = MarkInUse()) return error;
  L4_Word_t below = 0;
  for (;;) {
    // The lowest block that is not written yet, and those right behind it.
    L4_Word_t first = ~0u;
    for (L4_Word_t n = 0; n < list_.count; n++)
      if (list_.blocks[n] >= below && list_.blocks[n] < first) first = list_.blocks[n];
    if (first == ~0u) return 0;
    constexpr L4_Word_t MOST = 16;
    alignas(4) static char run[MOST][BLOCK];
    L4_Word_t length = 0;
    while (length < MOST) {
      const char* image = Find(first + length);
      if (!image) break;
      memcpy(run[length++], image, BLOCK);
    }
    if (const Ext2Error error = WriteThrough(first, length, run[0])) return error;
    below = first + length;
  }
}

bool Ext2Transaction::Consistent(const Ext2Fs& fs) {
  if (list_.count > Ext2List::LIMIT) return false;
  for (L4_Word_t n = 0; n < list_.count; n++)
    if (list_.blocks[n] < SUPERBLOCK || list_.blocks[n] >= fs.Geometry().blocks || Find(list_.blocks[n]) != list_.images[n])
      return false;
  const char *superblock = Find(SUPERBLOCK), *descriptors = Find(DESCRIPTORS);
  return !superblock || !descriptors || fs.CountAlike(superblock, descriptors);
}

void Ext2Transaction::WriteOut() {
  written_ = list_.count == 0 || WriteAll() == 0;
  if (written_ && list_.count) list_.count = 0;
}
