/*
 * A disk of memory: shared pages that a restart with persistent memory keeps.
 *
 * Here: 512 KiB of sectors. Not here: the requests (-> disk_server.h). Copying a request's sectors again changes nothing; there
 * is no medium below, so flushing is nothing and a power cut takes it all.
 */
#include "disk_server.h"

namespace {

constexpr L4_Word_t KEY = 1;
constexpr L4_Word_t PAGES = arc::SHARED_RAM_PAGES;

char* volatile memory IS_PERSISTENT = nullptr;

class RamDisk final : public DiskServer {
 public:
  status_t Initialize() override {
    char* base;
    const status_t status = shared::Allocate(KEY, PAGES, base);
    if (status == arc::STATUS_OK) memory = base;
    return status;
  }
  status_t Recover(L4_Word_t, const Frame&) override { return arc::STATUS_OK; }

 protected:
  L4_Word_t Sectors() const override { return PAGES * 4096 / SECTOR_SIZE; }
  DiskError Read(L4_Word_t sector, L4_Word_t count, char* to) override {
    memcpy(to, memory + sector * SECTOR_SIZE, count * SECTOR_SIZE);
    return {};
  }
  DiskError Write(L4_Word_t sector, L4_Word_t count, const char* from) override {
    memcpy(memory + sector * SECTOR_SIZE, from, count * SECTOR_SIZE);
    return {};
  }
  DiskError Flush() override { return {}; }
};

}  // namespace

extern "C" int arc_main(int, char**) {
  static RamDisk disk;
  ArcServer::Run(disk);
}
