/*
 * Ext2Files: open files, and what is done to paths.
 *
 * Here: the two tables that must outlive a restart (thesis, listing 5.3), path names, POSIX's rules of open, unlink, rename and
 * the others. Not here: sessions (-> server.h), when changes reach the disk (-> blocks.h).
 * Every function is one request: it checks first, then changes. Functions return 0 or one of arc::EXT2_E….
 */
#pragma once
#include "ext2/directory.h"

/** A file that a session has open; `inode` is 0 in a free row, else 1 + its row in the other table. */
struct Ext2File {
  L4_ThreadId_t client;
  L4_Word_t key;
  L4_Word_t flags;
  L4_Word_t inode;
};

/** An inode that is open; `users` is 0 in a free row. */
struct Ext2Inode {
  L4_Word_t number;
  L4_Word_t users;
  /** It has no name any more: the last one who closes it frees it. */
  L4_Word_t nameless;
};

struct Ext2Tables {
  Ext2File files[arc::EXT2_FILE_LIMIT];
  Ext2Inode inodes[arc::EXT2_FILE_LIMIT];
};

class Ext2Files {
 public:
  Ext2Files(Ext2Fs& fs, Ext2Tables& tables) : fs_(fs), tables_(tables) {}

  /** The file that a session has open, or null. */
  Ext2File* Of(L4_ThreadId_t client, L4_Word_t key);
  Ext2Error Open(L4_ThreadId_t client, L4_Word_t key, const char* path, L4_Word_t flags, L4_Word_t permissions,
                 L4_Word_t& inode);
  Ext2Error Close(Ext2File& file);
  /** Closes the files of sessions that there are no more; `lives(client, key)`. */
  template <typename Lives>
  Ext2Error CloseOthers(Lives lives) {
    for (Ext2File& file : tables_.files)
      if (file.inode && !lives(file.client, file.key))
        if (const Ext2Error error = Close(file)) return error;
    return 0;
  }
  /** Every open file is a row of the other table's, which counts its users right. */
  bool Consistent() const;
  /** An inode without a name is open: the file system is not what a check would like. */
  bool Untidy() const;
  L4_Word_t NumberOf(const Ext2File& file) const { return tables_.inodes[file.inode - 1].number; }

  Ext2Error Read(const Ext2File& file, L4_Word_t offset, L4_Word_t& count, char* to);
  Ext2Error ReadDirectory(const Ext2File& file, L4_Word_t offset, L4_Word_t& count, char* to);
  /** `offset` becomes the one behind what was written. */
  Ext2Error Write(const Ext2File& file, L4_Word_t& offset, L4_Word_t& count, const char* from);
  Ext2Error Truncate(const Ext2File& file, L4_Word_t size);

  Ext2Error Lookup(const char* path, L4_Word_t& inode);
  Ext2Error MakeDirectory(const char* path, L4_Word_t permissions);
  Ext2Error RemoveDirectory(const char* path);
  Ext2Error Unlink(const char* path);
  Ext2Error Rename(const char* from, const char* to);
  Ext2Error Link(const char* path, const char* further);

 private:
  Ext2Error Parent(const char* path, Ext2Directory& parent, Ext2Name& last);
  Ext2Error Child(Ext2Directory& parent, const Ext2Name& name, L4_Word_t& number, ext2::Inode& inode);
  Ext2Error Lose(L4_Word_t number, ext2::Inode& inode, L4_Word_t names);
  Ext2Error Contains(L4_Word_t directory, L4_Word_t below);
  Ext2Error Replace(Ext2Directory& from, Ext2Directory& to, const Ext2Name& name, L4_Word_t number,
                    const ext2::Inode& moved);

  Ext2Fs& fs_;
  Ext2Tables& tables_;
};
