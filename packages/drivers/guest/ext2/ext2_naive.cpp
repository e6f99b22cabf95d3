/*
 * The Ext2 server without recovery in mind: every change goes to the disk at once, a crash is answered with a cold start.
 *
 * Here: writing through, where the state lies. Kept as the measure of ext2.cpp: a crash in the middle of a request leaves half of
 * it on the disk, and the clients' open files are gone.
 */
#include "ext2/server.h"

namespace {

Session session;
Ext2Geometry geometry;
Ext2Mark mark;
Ext2Tables tables;

class DirectBlocks final : public Ext2Blocks {
 public:
  using Ext2Blocks::Ext2Blocks;

 protected:
  char* Image(L4_Word_t block, bool fresh) override {
    if (MarkInUse()) return nullptr;
    return image_ = Cached(block, fresh);
  }
  Ext2Error Store(L4_Word_t block) override { return WriteThrough(block, 1, image_); }

 private:
  char* image_ = nullptr;
};

}  // namespace

extern "C" int arc_main(int argc, char** argv) {
  static Ext2Partition partition(session, Ext2DiskName(argc, argv));
  static DirectBlocks blocks(partition, mark);
  static Ext2FsServer server(partition, blocks, {session, geometry, mark, tables});
  ArcServer::Run(server);
}
