/*
 * Ext2 on the disk.
 *
 * Here: superblock, group, inode and directory record as structures, for blocks of 1 KiB. Not here: what is done with them
 * (-> fs.h). Reference: R. Card, T. Ts'o, S. Tweedie, Design and Implementation of the Second Extended Filesystem (1994); the
 * Linux kernel's Documentation/filesystems/ext2.rst.
 */
#pragma once
#include "l4.h"

namespace ext2 {

constexpr L4_Word_t BLOCK = 1024;
constexpr L4_Word_t POINTERS = BLOCK / 4;
constexpr L4_Word_t SECTORS_PER_BLOCK = BLOCK / 512;
/** The block of the superblock; the groups' descriptors follow. */
constexpr L4_Word_t SUPERBLOCK = 1;
constexpr L4_Word_t DESCRIPTORS = 2;
constexpr L4_Word_t ROOT = 2;
constexpr L4_Word_t DIRECT = 12;
/** Blocks that an inode can map here: direct, single and double indirect. */
constexpr L4_Word_t MOST_BLOCKS = DIRECT + POINTERS + POINTERS * POINTERS;
constexpr L4_Word_t MOST_LINKS = 32000;
constexpr L4_Word_t LONGEST_NAME = 255;

constexpr unsigned short MAGIC = 0xef53;
/** Of Superblock::state. */
constexpr unsigned short VALID = 1;
/** Features: those that may be there when it is written. Records have kinds; copies of the superblock are few; large files. */
constexpr L4_Word_t INCOMPATIBLE_FILETYPE = 2;
constexpr L4_Word_t READ_ONLY_SPARSE_SUPER = 1;
constexpr L4_Word_t READ_ONLY_LARGE_FILE = 2;

struct Superblock {
  L4_Word_t inodes, blocks, reservedBlocks, freeBlocks, freeInodes, firstDataBlock, logBlockSize, logFragmentSize;
  L4_Word_t blocksPerGroup, fragmentsPerGroup, inodesPerGroup, mountTime, writeTime;
  unsigned short mounts, mostMounts, magic, state, errors, minorRevision;
  L4_Word_t lastCheck, checkInterval, creator, revision;
  unsigned short reservedUser, reservedGroup;
  // From revision 1 on:
  L4_Word_t firstInode;
  unsigned short inodeSize, groupNumber;
  L4_Word_t compatible, incompatible, readOnlyCompatible;
};
static_assert(__builtin_offsetof(Superblock, state) == 58);
static_assert(sizeof(Superblock) == 104);

struct Group {
  L4_Word_t blockBitmap, inodeBitmap, inodeTable;
  unsigned short freeBlocks, freeInodes, directories, reserved[7];
};
static_assert(sizeof(Group) == 32);

constexpr unsigned short KIND_MASK = 0xf000;
constexpr unsigned short DIRECTORY = 0x4000;
constexpr unsigned short REGULAR = 0x8000;
constexpr unsigned short SYMLINK = 0xa000;
/** Of Inode::flags: the directory has an index, which nobody keeps up here. */
constexpr L4_Word_t INDEXED = 0x1000;

struct Inode {
  unsigned short mode, user;
  L4_Word_t size, accessed, changed, modified, deleted;
  unsigned short group, links;
  L4_Word_t sectors, flags, reserved;
  L4_Word_t block[15];
  L4_Word_t generation, fileAcl, directoryAcl, fragment, reserved2[3];

  bool IsDirectory() const { return (mode & KIND_MASK) == DIRECTORY; }
  bool IsRegular() const { return (mode & KIND_MASK) == REGULAR; }
};
static_assert(sizeof(Inode) == 128);
constexpr L4_Word_t INDIRECT = 12, DOUBLE = 13, TRIPLE = 14;

/** The head of a directory record; the name follows. Without INCOMPATIBLE_FILETYPE `kind` is the length's upper half, 0. */
struct Record {
  L4_Word_t inode;
  unsigned short length;
  unsigned char nameLength, kind;

  const char* Name() const { return reinterpret_cast<const char*>(this + 1); }
  char* Name() { return reinterpret_cast<char*>(this + 1); }
  /** Bytes that a record with such a name takes. */
  static constexpr L4_Word_t Bytes(L4_Word_t nameLength) { return (sizeof(L4_Word_t) * 2 + nameLength + 3) & ~3u; }
};
static_assert(sizeof(Record) == 8);

}  // namespace ext2
