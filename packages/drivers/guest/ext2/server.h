/*
 * Ext2FsServer: files by sessions (thesis 5.1.6).
 *
 * Here: what the words and pages of a session's requests mean (docs/protocols.md, section 7), starting. Not here: what a crash
 * leaves (-> ext2.cpp, ext2_naive.cpp), the file system (-> files.h).
 */
#pragma once
#include "ext2/files.h"
#include "session_server.h"

/** What a server has: in persistent memory, or not. */
struct Ext2State {
  Session& session;
  Ext2Geometry& geometry;
  Ext2Mark& mark;
  Ext2Tables& tables;
};

class Ext2FsServer : public SessionServer {
 public:
  Ext2FsServer(Ext2Partition& partition, Ext2Blocks& blocks, const Ext2State& state)
      : partition_(partition), blocks_(blocks), mark_(state.mark), fs_(blocks, state.geometry),
        files_(fs_, state.tables) {}
  status_t Initialize() override;
  status_t Exit() override { return arc::STATUS_OK; }

 protected:
  status_t Service(const Request& request, Reply& reply) override;
  status_t HandleBegin(SessionControlBlock& session, const Request& request, Reply& reply) override;
  status_t HandleEnd(SessionControlBlock& session, const Request& request, Reply& reply) override;
  status_t HandleGet(SessionControlBlock& session, const Request& request, Reply& reply) override;
  status_t HandlePut(SessionControlBlock& session, const Request& request, Reply& reply) override;
  /** What is kept over a restart may be what it says it is (tables, geometry, mark). */
  bool Consistent() const { return mark_.clean <= 2 && fs_.Consistent() && files_.Consistent(); }
  const Ext2Fs& Fs() const { return fs_; }
  /** Everything answered so far is where Ext2Blocks::Sync can flush it. */
  virtual bool CanSync() const { return true; }

 private:
  Ext2Error Get(SessionControlBlock& session, const Request& request, Reply& reply);
  Ext2Error Put(SessionControlBlock& session, const Request& request, Reply& reply);
  Ext2Error OnPaths(L4_Word_t operation, L4_Word_t word, const char* paths);
  Ext2Error PutStat(L4_Word_t inode, Reply& reply);

  Ext2Partition& partition_;
  Ext2Blocks& blocks_;
  Ext2Mark& mark_;
  Ext2Fs fs_;
  Ext2Files files_;
};

/** The disk server's name from the program's arguments. */
inline const char* Ext2DiskName(int argc, char** argv) { return argc > 1 ? argv[1] : "pata"; }
