/*
 * Requests about shared memory, word by word.
 *
 * Here: loading and reading message registers. Every request is a call to the thread's pager, its P3.
 */
#include "shared.h"

namespace shared {

namespace {

status_t Ask(L4_Word_t label, L4_Word_t first, L4_Word_t second, L4_Word_t third, L4_Word_t fourth) {
  L4_LoadMR(1, first);
  L4_LoadMR(2, second);
  L4_LoadMR(3, third);
  L4_LoadMR(4, fourth);
  L4_LoadMR(0, L4_Tag(label, 4).raw);
  const L4_MsgTag_t tag = L4_Call(L4_Pager());
  return tag.Failed() || tag.Untyped() < 1 ? arc::STATUS_FAILED : L4_StoreMR(1);
}

/** The base that came with the answer. */
status_t WithBase(status_t status, char*& base) {
  if (status == arc::STATUS_OK) base = reinterpret_cast<char*>(L4_StoreMR(2));
  return status;
}

L4_Word_t Address(const void* base) { return reinterpret_cast<L4_Word_t>(base); }

}  // namespace

status_t Allocate(L4_Word_t key, L4_Word_t pages, char*& base) {
  return WithBase(Ask(arc::P3_SHARED_OPEN, key, arc::SHARED_RAM, pages, 0), base);
}

status_t AllocateContiguous(L4_Word_t key, L4_Word_t pages, char*& base, L4_Word_t& physical) {
  const status_t status = WithBase(Ask(arc::P3_SHARED_OPEN, key, arc::SHARED_CONTIGUOUS, pages, 0), base);
  if (status == arc::STATUS_OK) physical = L4_StoreMR(3);
  return status;
}

status_t MapDevice(L4_Word_t key, L4_Word_t physical, L4_Word_t pages, char*& base) {
  return WithBase(Ask(arc::P3_SHARED_OPEN, key, arc::SHARED_DEVICE, pages, physical), base);
}

status_t Offer(const void* base, L4_ThreadId_t peer, L4_Word_t rights) {
  return Ask(arc::P3_SHARED_OFFER, Address(base), peer.raw, rights, 0);
}

status_t Map(L4_Word_t key, L4_ThreadId_t owner, L4_Word_t theirBase, L4_Word_t pages, char*& base) {
  return WithBase(Ask(arc::P3_SHARED_MAP, key, owner.raw, theirBase, pages), base);
}

status_t Release(const void* base) { return Ask(arc::P3_SHARED_CLOSE, Address(base), 0, 0, 0); }

}  // namespace shared
