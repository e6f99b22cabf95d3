/*
 * Ext2Transaction: the blocks that a request changes, in transactional memory until they are on the disk.
 *
 * Here: the list of images, and writing it out. A request's images and everything else in IS_TRANSACTIONAL memory stay if it is answered, and
 * are undone together if the server fails before; the kernel step of the answer commits. Then, and only then, the
 * list is written to the disk, and emptied. A server that fails meanwhile writes it again.
 * So the disk is changed by answered requests only, and a request that is served again sees what the first time saw.
 * Not here: who answers, and when (-> ext2.cpp).
 */
#pragma once
#include "ext2/fs.h"

/** Belongs into IS_TRANSACTIONAL memory. */
struct Ext2List {
  /** As many as a request can need: a write of EXT2_WRITE_BYTES, the pointers to them, every group's bitmap. */
  static constexpr L4_Word_t LIMIT = 64;
  char images[LIMIT][ext2::BLOCK];
  L4_Word_t blocks[LIMIT];
  L4_Word_t count;
};

class Ext2Transaction final : public Ext2Blocks {
 public:
  Ext2Transaction(Ext2Partition& partition, Ext2Mark& mark, Ext2List& list) : Ext2Blocks(partition, mark), list_(list) {}

  const char* Get(L4_Word_t block) override;
  Ext2Error Read(L4_Word_t block, L4_Word_t count, char* to) override;
  /** What the request has changed has not happened. */
  void Abort();
  /** The request has changed blocks. */
  bool HasChanges() const { return written_ && list_.count > 0; }
  /** There is a list, of this request or of an answered one. */
  bool HasList() const { return list_.count > 0; }
  /** The list is one of blocks of this file system, each once, and counts in it what is free as before. */
  bool Consistent(const Ext2Fs& fs);
  /** Writes the list of an answered request, if there is one. The disk's failure leaves it for the next time. */
  void WriteOut();
  /** The lists of earlier requests are on the disk; if not, nothing can be changed. */
  bool Written() const { return written_; }

 protected:
  char* Image(L4_Word_t block, bool fresh) override;
  Ext2Error Store(L4_Word_t) override { return 0; }

 private:
  char* Find(L4_Word_t block);
  Ext2Error WriteAll();

  Ext2List& list_;
  bool written_ = true;
};
