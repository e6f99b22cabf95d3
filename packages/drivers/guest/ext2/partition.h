/*
 * Ext2Partition: the disk below a file system, as blocks (thesis 5.1.6).
 *
 * Here: a session with a disk server, and what is asked again when that one has forgotten it. Not here: which blocks, and in
 * which order (-> blocks.h). Functions return 0 or arc::EXT2_EIO.
 */
#pragma once
#include "ext2/format.h"
#include "process.h"
#include "session.h"

using Ext2Error = L4_Word_t;

class Ext2Partition {
 public:
  /** The session lies where the program wants it to: in persistent memory, or not. `disk`: the disk server's name. */
  Ext2Partition(Session& session, const char* disk) : session_(session), disk_(disk) {}

  /** Connects to the disk server, and agrees to be restarted when it loses its memory. May be repeated. */
  status_t Connect();
  const char* Disk() const { return disk_; }
  /** Blocks that the disk has; 0: it does not say. */
  L4_Word_t Blocks();
  Ext2Error Read(L4_Word_t block, L4_Word_t count, char* to);
  Ext2Error Write(L4_Word_t block, L4_Word_t count, const char* from);
  /** Everything written before is on the medium when it returns 0. */
  Ext2Error Flush();

 private:
  template <typename Transfer>
  Ext2Error InParts(L4_Word_t block, L4_Word_t count, Transfer transfer);
  template <typename Request>
  status_t Patiently(Request request);

  Session& session_;
  const char* disk_;
};
