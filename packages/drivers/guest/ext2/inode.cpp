/*
 * The bytes of a file: which blocks they are in.
 *
 * Here: pointers of blocks, direct to double indirect; reading, writing, truncating. What is behind a file's end in its last
 * block is zero, always.
 */
#include "ext2/fs.h"

using namespace ext2;

namespace {

constexpr L4_Word_t MOST_BYTES = MOST_BLOCKS * BLOCK;
/** Blocks of one read from the disk at most. */
constexpr L4_Word_t LONGEST_RUN = 64;

/** The way to a block: a slot of the inode, then one of each block of pointers; the last one names the block. */
struct Way {
  L4_Word_t slots[3];
  L4_Word_t depth;

  explicit Way(L4_Word_t index) {
    if (index < DIRECT) {
      *this = {{index}, 1};
    } else if (index - DIRECT < POINTERS) {
      *this = {{INDIRECT, index - DIRECT}, 2};
    } else {
      const L4_Word_t beyond = index - DIRECT - POINTERS;
      *this = {{DOUBLE, beyond / POINTERS, beyond % POINTERS}, 3};
    }
  }

 private:
  struct Parts {
    L4_Word_t slots[3];
    L4_Word_t depth;
  };
  void operator=(const Parts& parts) {
    for (L4_Word_t n = 0; n < 3; n++) slots[n] = parts.slots[n];
    depth = parts.depth;
  }
};

L4_Word_t Least(L4_Word_t a, L4_Word_t b) { return a < b ? a : b; }

}  // namespace

/** A word of a block of pointers. */
Ext2Error Ext2Fs::Pointer(L4_Word_t block, L4_Word_t index, L4_Word_t& pointer) {
  const char* image = IsBlock(block) ? blocks_.Get(block) : nullptr;
  if (!image) return arc::EXT2_EIO;
  pointer = reinterpret_cast<const L4_Word_t*>(image)[index];
  return 0;
}

Ext2Error Ext2Fs::Map(const Inode& inode, L4_Word_t index, L4_Word_t& block) {
  if (index >= MOST_BLOCKS) return arc::EXT2_EFBIG;
  const Way way(index);
  block = inode.block[way.slots[0]];
  for (L4_Word_t n = 1; n < way.depth && block; n++)
    if (const Ext2Error error = Pointer(block, way.slots[n], block)) return error;
  return block && !IsBlock(block) ? arc::EXT2_EIO : 0;
}

Ext2Error Ext2Fs::MapNew(L4_Word_t number, Inode& inode, L4_Word_t index, L4_Word_t& block, bool& fresh) {
  fresh = false;
  if (const Ext2Error error = Map(inode, index, block)) return error;
  if (block) return 0;
  const Way way(index);
  L4_Word_t blocks[3] = {inode.block[way.slots[0]], 0, 0}, there = 0;
  for (; there < way.depth && blocks[there]; there++)
    if (const Ext2Error error = Pointer(blocks[there], way.slots[there + 1], blocks[there + 1])) return error;
  L4_Word_t free, inodes, before = 0;
  if (const Ext2Error error = FreeCounts(free, inodes)) return error;
  if (free < way.depth - there) return arc::EXT2_ENOSPC;
  if (index > 0)
    if (const Ext2Error error = Map(inode, index - 1, before)) return error;
  L4_Word_t goal = before ? before + 1 : GroupStart(GroupOf(number));
  for (; there < way.depth; there++) {
    if (const Ext2Error error = NewBlock(goal, block)) return error;
    goal = block + 1;
    inode.sectors += SECTORS_PER_BLOCK;
    if (there + 1 < way.depth)
      if (const Ext2Error error = blocks_.Create(block, [](char*) {})) return error;
    blocks[there] = block;
    if (there == 0) {
      inode.block[way.slots[0]] = block;
      continue;
    }
    const auto point = [&](char* image) { reinterpret_cast<L4_Word_t*>(image)[way.slots[there]] = block; };
    if (const Ext2Error error = blocks_.Update(blocks[there - 1], point)) return error;
  }
  fresh = true;
  return 0;
}

Ext2Error Ext2Fs::Read(const Inode& inode, L4_Word_t offset, L4_Word_t& count, char* to) {
  count = offset < inode.size ? Least(count, inode.size - offset) : 0;
  for (L4_Word_t done = 0; done < count;) {
    const L4_Word_t index = (offset + done) / BLOCK, within = (offset + done) % BLOCK;
    L4_Word_t block;
    if (const Ext2Error error = Map(inode, index, block)) return error;
    const L4_Word_t left = count - done;
    if (block && within == 0 && left >= BLOCK) {
      L4_Word_t run = 1, next = block + 1;
      while (run < LONGEST_RUN && (run + 1) * BLOCK <= left) {
        if (const Ext2Error error = Map(inode, index + run, next)) return error;
        if (next != block + run) break;
        run++;
      }
      if (const Ext2Error error = blocks_.Read(block, run, to + done)) return error;
      done += run * BLOCK;
      continue;
    }
    const L4_Word_t part = Least(BLOCK - within, left);
    if (!block) {
      memset(to + done, 0, part);
    } else {
      const char* image = blocks_.Get(block);
      if (!image) return arc::EXT2_EIO;
      memcpy(to + done, image + within, part);
    }
    done += part;
  }
  return 0;
}

Ext2Error Ext2Fs::Write(L4_Word_t number, Inode& inode, L4_Word_t offset, L4_Word_t& count, const char* from) {
  if (offset >= MOST_BYTES && count > 0) return arc::EXT2_EFBIG;
  const L4_Word_t wanted = Least(count, MOST_BYTES - Least(offset, MOST_BYTES));
  count = 0;
  while (count < wanted) {
    const L4_Word_t within = (offset + count) % BLOCK, part = Least(BLOCK - within, wanted - count);
    L4_Word_t block;
    bool fresh;
    const Ext2Error error = MapNew(number, inode, (offset + count) / BLOCK, block, fresh);
    if (error == arc::EXT2_ENOSPC && count > 0) break;
    if (error) return error;
    const auto put = [&](char* image) { memcpy(image + within, from + count, part); };
    if (const Ext2Error failed = fresh || part == BLOCK ? blocks_.Create(block, put) : blocks_.Update(block, put))
      return failed;
    count += part;
    if (offset + count > inode.size) inode.size = offset + count;
  }
  inode.modified = inode.changed = geometry_.time;
  return WriteInode(number, inode);
}

/** Frees what a tree of pointers holds from block `keep` of the file on; `first` is the first one below it. */
Ext2Error Ext2Fs::FreeTree(L4_Word_t block, L4_Word_t level, L4_Word_t first, L4_Word_t keep, L4_Word_t& freed) {
  if (!block) return 0;
  const L4_Word_t span = level == 2 ? POINTERS : 1;
  L4_Word_t cut = POINTERS;
  for (L4_Word_t n = 0; n < POINTERS && level > 0; n++) {
    const L4_Word_t start = first + n * span;
    if (start + span <= keep) continue;
    L4_Word_t pointer;
    if (const Ext2Error error = Pointer(block, n, pointer)) return error;
    if (!pointer) continue;
    if (start >= keep && cut == POINTERS) cut = n;
    if (const Ext2Error error = FreeTree(pointer, level - 1, start, keep, freed)) return error;
  }
  if (first >= keep) {
    freed++;
    return FreeBlock(block);
  }
  if (cut == POINTERS) return 0;
  return blocks_.Update(block, [cut](char* image) { memset(image + cut * 4, 0, BLOCK - cut * 4); });
}

Ext2Error Ext2Fs::Truncate(Inode& inode, L4_Word_t size) {
  if (size > MOST_BYTES) return arc::EXT2_EFBIG;
  if (inode.block[TRIPLE]) return arc::EXT2_EOPNOTSUPP;
  const L4_Word_t keep = (size + BLOCK - 1) / BLOCK;
  if (size <= inode.size) {
    L4_Word_t freed = 0, first = 0;
    for (L4_Word_t slot = 0; slot <= DOUBLE; slot++) {
      const L4_Word_t level = slot < DIRECT ? 0 : slot - DIRECT + 1;
      if (const Ext2Error error = FreeTree(inode.block[slot], level, first, keep, freed)) return error;
      if (first >= keep) inode.block[slot] = 0;
      first += level == 0 ? 1 : POINTERS;
    }
    inode.sectors -= freed * SECTORS_PER_BLOCK;
    L4_Word_t last = 0;
    if (size % BLOCK)
      if (const Ext2Error error = Map(inode, size / BLOCK, last)) return error;
    const auto clear = [size](char* image) { memset(image + size % BLOCK, 0, BLOCK - size % BLOCK); };
    if (last)
      if (const Ext2Error error = blocks_.Update(last, clear)) return error;
  }
  inode.size = size;
  inode.modified = inode.changed = geometry_.time;
  return 0;
}
