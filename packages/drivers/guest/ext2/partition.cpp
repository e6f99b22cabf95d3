/*
 * Blocks by sessions.
 *
 * Here: as many blocks at a time as the session's pages hold; reconnecting. Reading and writing sectors again changes nothing,
 * so a request whose server has lost its memory is made once more.
 */
#include "ext2/partition.h"

namespace {

constexpr L4_Word_t PAGES = 4;
constexpr L4_Word_t AT_ONCE = PAGES * 4096 / ext2::BLOCK;
/** How often a name is looked up, every 10 ms; how often a request is made. */
constexpr int LOOKUPS = 500;
constexpr int TRIES = 3;

}  // namespace

status_t Ext2Partition::Connect() {
  L4_ThreadId_t server;
  const status_t status = process::Connect(disk_, arc::AGREEMENT_RESTART, server, LOOKUPS);
  return status == arc::STATUS_OK ? session_.Connect(server, PAGES) : status;
}

/** A server that has started cold answers FAILED without saying what is wrong, and then NOT_FOUND. */
template <typename Request>
status_t Ext2Partition::Patiently(Request request) {
  status_t status = arc::STATUS_FAILED;
  for (int n = 0; n < TRIES; n++) {
    L4_Word_t error = 0;
    status = request(error);
    if (status == arc::STATUS_OK || error) break;
    if (status == arc::STATUS_NOT_FOUND && Connect() != arc::STATUS_OK) break;
  }
  return status;
}

template <typename Transfer>
Ext2Error Ext2Partition::InParts(L4_Word_t block, L4_Word_t count, Transfer transfer) {
  while (count > 0) {
    const L4_Word_t part = count < AT_ONCE ? count : AT_ONCE;
    const L4_Word_t sectors[] = {block * ext2::SECTORS_PER_BLOCK, part * ext2::SECTORS_PER_BLOCK};
    if (!transfer(sectors, part * ext2::BLOCK)) return arc::EXT2_EIO;
    block += part;
    count -= part;
  }
  return 0;
}

Ext2Error Ext2Partition::Read(L4_Word_t block, L4_Word_t count, char* to) {
  return InParts(block, count, [&](const L4_Word_t* sectors, L4_Word_t bytes) {
    const auto get = [&](L4_Word_t& error) { return session_.Get(sectors, 2, &error, 1); };
    if (Patiently(get) != arc::STATUS_OK) return false;
    memcpy(to, session_.GetBaseAddress(), bytes);
    to += bytes;
    return true;
  });
}

Ext2Error Ext2Partition::Write(L4_Word_t block, L4_Word_t count, const char* from) {
  return InParts(block, count, [&](const L4_Word_t* sectors, L4_Word_t bytes) {
    const auto put = [&](L4_Word_t& error) {
      memcpy(session_.GetBaseAddress(), from, bytes);
      return session_.Put(sectors, 2, &error, 1);
    };
    if (Patiently(put) != arc::STATUS_OK) return false;
    from += bytes;
    return true;
  });
}

namespace {

/** A request without a session; its first word behind the status. */
status_t Ask(L4_ThreadId_t server, L4_Word_t label, L4_Word_t& word) {
  L4_LoadMR(0, L4_Tag(label, 0).raw);
  const L4_MsgTag_t tag = L4_Call(server);
  if (tag.Failed() || tag.Untyped() < 1) return arc::STATUS_FAILED;
  word = tag.Untyped() >= 2 ? L4_StoreMR(2) : 0;
  return L4_StoreMR(1);
}

}  // namespace

L4_Word_t Ext2Partition::Blocks() {
  L4_Word_t sectors = 0;
  return Ask(session_.GetPeer(), arc::DISK_INFO, sectors) == arc::STATUS_OK ? sectors / ext2::SECTORS_PER_BLOCK : 0;
}

Ext2Error Ext2Partition::Flush() {
  const auto flush = [&](L4_Word_t& error) { return Ask(session_.GetPeer(), arc::DISK_FLUSH, error); };
  return Patiently(flush) == arc::STATUS_OK ? 0 : arc::EXT2_EIO;
}
