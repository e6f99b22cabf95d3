/*
 * Ext2Fs: inodes, their bytes, and which blocks and inodes are free.
 *
 * Here: everything below names. Every change goes through Ext2Blocks; nothing is kept in memory but the geometry. Not here:
 * directories (-> directory.h), paths and open files (-> files.h).
 * Functions return 0 or one of arc::EXT2_E…; numbers that come from the disk are checked before they are used.
 */
#pragma once
#include "ext2/blocks.h"

/** What does not change while a file system is used. Kept over restarts, so that a recovery need not read it. */
struct Ext2Geometry {
  L4_Word_t blocks, firstDataBlock, blocksPerGroup, inodes, inodesPerGroup, groups, inodeSize, firstInode;
  /** Directory records name kinds. */
  L4_Word_t kinds;
  /** Free blocks, and free inodes, of the superblock less those of all groups: no request changes it. */
  L4_Word_t blocksApart, inodesApart;
  /** Seconds since 1970: there is no clock to ask, all that is changed gets the time of the last change before. */
  L4_Word_t time;
};

class Ext2Fs {
 public:
  /** Groups at most: as many as one request can change, and as descriptors fit in one block. */
  static constexpr L4_Word_t MOST_GROUPS = 24;

  Ext2Fs(Ext2Blocks& blocks, Ext2Geometry& geometry) : blocks_(blocks), geometry_(geometry) {}

  /** Reads the superblock. `problem` says why not; null: it is all right. */
  Ext2Error Mount(L4_Word_t diskBlocks, Ext2Mark& mark, const char*& problem);
  const Ext2Geometry& Geometry() const { return geometry_; }
  Ext2Blocks& Blocks() { return blocks_; }
  /** The geometry may be that of a file system: what Mount has found still is. */
  bool Consistent() const;
  /** Whether a superblock and the groups' descriptors count what is free alike, as far as they did when it was mounted. */
  bool CountAlike(const char* superblock, const char* descriptors) const;
  Ext2Error FreeCounts(L4_Word_t& blocks, L4_Word_t& inodes);

  Ext2Error ReadInode(L4_Word_t number, ext2::Inode& inode);
  Ext2Error WriteInode(L4_Word_t number, const ext2::Inode& inode);
  /** A new inode near another one: nothing in it but mode, links, times. */
  Ext2Error NewInode(L4_Word_t near, unsigned short mode, unsigned short links, L4_Word_t& number, ext2::Inode& inode);
  /** Frees an inode that has no names any more, and its blocks. */
  Ext2Error FreeInode(L4_Word_t number, ext2::Inode& inode);

  /** The block at `index` of a file, 0: a hole. */
  Ext2Error Map(const ext2::Inode& inode, L4_Word_t index, L4_Word_t& block);
  /** As Map; where there is none, one is made, and `fresh` says so. `inode` is changed, and not written. */
  Ext2Error MapNew(L4_Word_t number, ext2::Inode& inode, L4_Word_t index, L4_Word_t& block, bool& fresh);
  /** Reads bytes of a file; `count` becomes what was there. */
  Ext2Error Read(const ext2::Inode& inode, L4_Word_t offset, L4_Word_t& count, char* to);
  /** Writes bytes; `count` becomes what there was room for, an error comes if that is none. */
  Ext2Error Write(L4_Word_t number, ext2::Inode& inode, L4_Word_t offset, L4_Word_t& count, const char* from);
  /** Makes a file so long. `inode` is changed, and not written. */
  Ext2Error Truncate(ext2::Inode& inode, L4_Word_t size);

 private:
  Ext2Error InodePlace(L4_Word_t number, L4_Word_t& block, L4_Word_t& offset);
  L4_Word_t GroupOf(L4_Word_t inode) const { return (inode - 1) / geometry_.inodesPerGroup; }
  L4_Word_t GroupStart(L4_Word_t group) const { return geometry_.firstDataBlock + group * geometry_.blocksPerGroup; }
  bool IsBlock(L4_Word_t block) const { return block > geometry_.firstDataBlock && block < geometry_.blocks; }
  Ext2Error ReadGroup(L4_Word_t group, ext2::Group& row);
  Ext2Error Count(L4_Word_t group, int blocks, int inodes, int directories);
  /** Finds a bit from `low` to `high` that is 0, `from` first, and sets it; `found` is -1 when there is none. */
  Ext2Error TakeBit(L4_Word_t bitmap, L4_Word_t low, L4_Word_t from, L4_Word_t high, int& found);
  Ext2Error ClearBit(L4_Word_t bitmap, L4_Word_t bit);
  Ext2Error NewBlock(L4_Word_t goal, L4_Word_t& block);
  Ext2Error FreeBlock(L4_Word_t block);
  Ext2Error Pointer(L4_Word_t block, L4_Word_t index, L4_Word_t& pointer);
  Ext2Error FreeTree(L4_Word_t block, L4_Word_t level, L4_Word_t first, L4_Word_t keep, L4_Word_t& freed);

  Ext2Blocks& blocks_;
  Ext2Geometry& geometry_;
};
