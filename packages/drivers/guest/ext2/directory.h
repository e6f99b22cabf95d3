/*
 * Ext2Directory: the records of one directory.
 *
 * Here: finding, adding, changing and removing names. Not here: paths, link counts (-> files.h).
 */
#pragma once
#include "ext2/fs.h"

/** A part of a path. */
struct Ext2Name {
  const char* text;
  L4_Word_t length;
  bool Is(const char* other) const { return strlen(other) == length && memcmp(text, other, length) == 0; }
  bool IsDots() const { return Is(".") || Is(".."); }
};

class Ext2Directory {
 public:
  /** Reads the inode; ENOTDIR when it is none. */
  static Ext2Error Open(Ext2Fs& fs, L4_Word_t number, Ext2Directory& directory);
  Ext2Directory() = default;

  L4_Word_t Number() const { return number_; }
  ext2::Inode& Inode() { return inode_; }
  /** Writes the inode, whose links the caller has changed. */
  Ext2Error Write() { return fs_->WriteInode(number_, inode_); }

  /** The inode of a name; ENOENT. */
  Ext2Error Find(const Ext2Name& name, L4_Word_t& inode);
  /** A record for a name that is not there yet. */
  Ext2Error Add(const Ext2Name& name, L4_Word_t inode, unsigned short mode);
  /** Another inode for a name. */
  Ext2Error Change(const Ext2Name& name, L4_Word_t inode, unsigned short mode);
  Ext2Error Remove(const Ext2Name& name);
  /** 0, or ENOTEMPTY: there is more in it than "." and "..". */
  Ext2Error Empty();
  /** The first block of a new directory. */
  Ext2Error Begin(L4_Word_t parent);

 private:
  /** Where a record is. */
  struct Place {
    L4_Word_t block, offset;
    /** Of the record before it in the block; the same as `offset` where there is none. */
    L4_Word_t previous;
  };
  template <typename Visit>
  Ext2Error ForRecords(Visit visit);
  Ext2Error Search(const Ext2Name& name, Place& place, L4_Word_t& inode);
  L4_Word_t LengthOf(const ext2::Record& record) const;
  void Fill(ext2::Record& record, const Ext2Name& name, L4_Word_t inode, unsigned short mode) const;
  Ext2Error Touch();

  Ext2Fs* fs_ = nullptr;
  L4_Word_t number_ = 0;
  ext2::Inode inode_;
};
