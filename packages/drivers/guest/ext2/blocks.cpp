/*
 * The cache, and the mark.
 *
 * Here: in which order the disk says "in use", is changed, and says "clean": with a flush between each two, because a drive
 * with a cache writes in any order.
 */
#include "ext2/blocks.h"

using namespace ext2;

char* Ext2Blocks::Cached(L4_Word_t block, bool fresh) {
  Slot& slot = slots_[block % SLOTS];
  if (slot.block == block && !fresh) return slot.bytes;
  slot.block = 0;  // a failure while it is filled must not leave half of it
  if (fresh) memset(slot.bytes, 0, BLOCK);
  else if (partition_.Read(block, 1, slot.bytes)) return nullptr;
  asm volatile("" ::: "memory");
  slot.block = block;
  return slot.bytes;
}

const char* Ext2Blocks::Get(L4_Word_t block) { return Cached(block, false); }

void Ext2Blocks::Forget() {
  for (Slot& slot : slots_) slot.block = 0;
}

Ext2Error Ext2Blocks::WriteThrough(L4_Word_t block, L4_Word_t count, const char* bytes) {
  for (L4_Word_t n = 0; n < count; n++) {
    Slot& slot = slots_[(block + n) % SLOTS];
    const char* from = bytes + n * BLOCK;
    if (slot.block == block + n && slot.bytes != from) memcpy(slot.bytes, from, BLOCK);
  }
  const Ext2Error error = partition_.Write(block, count, bytes);
  if (error)
    for (L4_Word_t n = 0; n < count; n++) slots_[(block + n) % SLOTS].block = 0;
  return error;
}

Ext2Error Ext2Blocks::WriteState(bool valid) {
  char* image = Cached(SUPERBLOCK, false);
  if (!image) return arc::EXT2_EIO;
  unsigned short& state = reinterpret_cast<Superblock*>(image)->state;
  state = static_cast<unsigned short>(valid ? state | VALID : state & ~VALID);
  return WriteThrough(SUPERBLOCK, 1, image);
}

Ext2Error Ext2Blocks::MarkInUse() {
  if (!mark_.clean) return 0;
  if (const Ext2Error error = WriteState(false)) return error;
  if (const Ext2Error error = partition_.Flush()) return error;
  mark_.clean = 0;
  return 0;
}

Ext2Error Ext2Blocks::Sync(bool untidy) {
  if (const Ext2Error error = partition_.Flush()) return error;
  if (mark_.clean == 2 || mark_.unclean || untidy) return 0;
  mark_.clean = 1;  // from now on it may be there, whatever fails
  if (const Ext2Error error = WriteState(true)) return error;
  if (const Ext2Error error = partition_.Flush()) return error;
  mark_.clean = 2;
  return 0;
}
