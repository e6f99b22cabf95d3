/*
 * Ext2Blocks: the blocks of a file system as memory, and when changed ones go to the disk.
 *
 * Here: looking at a block, changing one, a cache of those that were read; the mark that a file system is in use. Not here:
 * what blocks mean (-> fs.h); when changes are written: at once (-> ext2_naive.cpp) or when the request is answered
 * (-> transaction.h).
 * An image is good until the next block is asked for: take from it what is needed.
 */
#pragma once
#include "ext2/partition.h"

/** What must outlive a restart of the mark; see Ext2Blocks::Sync. */
struct Ext2Mark {
  /** The superblock on the disk says that the file system is in use (0), may say that it is clean (1), says so (2). */
  volatile L4_Word_t clean;
  /** It did not when the server was started: nobody knows what is in there, and nobody says that it is clean. */
  volatile L4_Word_t unclean;
};

class Ext2Blocks {
 public:
  Ext2Blocks(Ext2Partition& partition, Ext2Mark& mark) : partition_(partition), mark_(mark) {}

  /** A block as it is for this request; null: it cannot be read. */
  virtual const char* Get(L4_Word_t block);
  /** Reads whole blocks, one behind the other on the disk. */
  virtual Ext2Error Read(L4_Word_t block, L4_Word_t count, char* to) { return partition_.Read(block, count, to); }

  /** Changes a block: `change` gets its bytes. */
  template <typename Change>
  Ext2Error Update(L4_Word_t block, Change change) {
    return Modify(block, false, change);
  }
  /** Gives a block new contents: `fill` gets zeroes. */
  template <typename Fill>
  Ext2Error Create(L4_Word_t block, Fill fill) {
    return Modify(block, true, fill);
  }

  /** All that was changed is on the medium, and the superblock says so where it can (not while `untidy`). */
  Ext2Error Sync(bool untidy);
  /** Forgets what is not persistent. */
  void Forget();

 protected:
  /** The bytes of a block that is about to be changed; null: it cannot be. */
  virtual char* Image(L4_Word_t block, bool fresh) = 0;
  /** The bytes that Image has given are changed. */
  virtual Ext2Error Store(L4_Word_t block) = 0;

  /** Before anything is written: the disk says that the file system is in use. */
  Ext2Error MarkInUse();
  /** Writes blocks from `bytes` to the disk and into the cache. */
  Ext2Error WriteThrough(L4_Word_t block, L4_Word_t count, const char* bytes);
  /** The block's place in the cache, with its bytes unless `fresh`; null: it cannot be read. */
  char* Cached(L4_Word_t block, bool fresh);

 private:
  static constexpr L4_Word_t SLOTS = 32;

  template <typename Change>
  Ext2Error Modify(L4_Word_t block, bool fresh, Change change) {
    char* image = Image(block, fresh);
    if (!image) return arc::EXT2_EIO;
    change(image);
    return Store(block);
  }
  Ext2Error WriteState(bool valid);

  Ext2Partition& partition_;
  Ext2Mark& mark_;
  struct Slot {
    /** 0: none; nobody asks for that block. */
    volatile L4_Word_t block;
    alignas(4) char bytes[ext2::BLOCK];
  };
  Slot slots_[SLOTS] = {};
};
