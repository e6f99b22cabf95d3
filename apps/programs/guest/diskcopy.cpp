/*
 * diskcopy FROM TO [SECTORS]: copies sectors from one disk server to another, and flushes.
 *
 * Here: two sessions, as many sectors at a time as their pages hold. Not here: the disks (-> packages/drivers/guest/disk).
 * A driver that fails meanwhile is not noticed: both sides' pages survive it, and a request that was open is served again.
 */
#include "session.h"
#include "terminal.h"

namespace {

constexpr L4_Word_t PAGES = 4;
constexpr L4_Word_t SECTOR = 512;
constexpr L4_Word_t AT_ONCE = PAGES * 4096 / SECTOR;

/** What the disk server says to a request without a session; its first word behind the status. */
status_t Ask(L4_ThreadId_t server, L4_Word_t label, L4_Word_t& word) {
  L4_LoadMR(0, L4_Tag(label, 0).raw);
  const L4_MsgTag_t tag = L4_Call(server);
  if (tag.Failed() || tag.Untyped() < 1) return arc::STATUS_FAILED;
  const status_t status = L4_StoreMR(1);
  word = tag.Untyped() >= 2 ? L4_StoreMR(2) : 0;
  return status;
}

struct Disk {
  L4_ThreadId_t server;
  L4_Word_t sectors;
  Session session;
};

status_t Connect(const char* name, Disk& disk) {
  status_t status = process::Lookup(name, disk.server, 100);
  if (status == arc::STATUS_OK) status = Ask(disk.server, arc::DISK_INFO, disk.sectors);
  return status == arc::STATUS_OK ? disk.session.Connect(disk.server, PAGES) : status;
}

L4_Word_t Number(const char* text) {
  L4_Word_t value = 0;
  for (; *text >= '0' && *text <= '9'; text++) value = value * 10 + static_cast<L4_Word_t>(*text - '0');
  return value;
}

int Fail(const char* what, L4_Word_t number) {
  terminal::Print("diskcopy: %s (%u)\n", what, number);
  return 1;
}

}  // namespace

extern "C" int arc_main(int argc, char** argv) {
  if (argc < 3) return Fail("which disks? diskcopy FROM TO [SECTORS]", static_cast<L4_Word_t>(argc - 1));
  static Disk from, to;
  if (const status_t status = Connect(argv[1], from)) return Fail("the first disk does not answer", status);
  if (const status_t status = Connect(argv[2], to)) return Fail("the second disk does not answer", status);
  L4_Word_t sectors = from.sectors < to.sectors ? from.sectors : to.sectors;
  if (argc > 3 && Number(argv[3]) < sectors) sectors = Number(argv[3]);
  for (L4_Word_t sector = 0; sector < sectors; sector += AT_ONCE) {
    const L4_Word_t range[] = {sector, sectors - sector < AT_ONCE ? sectors - sector : AT_ONCE};
    L4_Word_t bad[2] = {};  // error register, sector
    if (from.session.Get(range, 2, bad, 2)) return Fail("cannot read sector", bad[1]);
    memcpy(to.session.GetBaseAddress(), from.session.GetBaseAddress(), range[1] * SECTOR);
    if (to.session.Put(range, 2, bad, 2)) return Fail("cannot write sector", bad[1]);
  }
  L4_Word_t error;
  if (const status_t status = Ask(to.server, arc::DISK_FLUSH, error)) return Fail("cannot flush", status);
  from.session.Disconnect();
  to.session.Disconnect();
  terminal::Print("%u sectors\n", sectors);
  return 0;
}
