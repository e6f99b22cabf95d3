/*
 * A client's requests to a session server, word by word.
 *
 * Here: loading and reading message registers. Nothing is lost wherever the client fails: Connect makes good what was half done.
 */
#include "session.h"

status_t Session::Call(L4_Word_t label, const L4_Word_t* send, L4_Word_t scount, L4_Word_t* receive,
                       L4_Word_t rcount) {
  if (scount > arc::SESSION_WORDS) return arc::STATUS_INVALID;
  L4_LoadMR(1, Key());
  for (L4_Word_t n = 0; n < scount; n++) L4_LoadMR(static_cast<int>(n) + 2, send[n]);
  L4_LoadMR(0, L4_Tag(label, scount + 1).raw);
  const L4_MsgTag_t tag = L4_Call(peer_);
  if (tag.Failed() || tag.Untyped() < 1) return arc::STATUS_FAILED;
  const status_t status = L4_StoreMR(1);
  for (L4_Word_t n = 0; n < rcount; n++)
    receive[n] = n + 1 < tag.Untyped() ? L4_StoreMR(static_cast<int>(n) + 2) : 0;
  return status;
}

status_t Session::Connect(L4_ThreadId_t server, L4_Word_t pages) {
  if (pages < 1 || pages > arc::SESSION_PAGES) return arc::STATUS_INVALID;
  peer_ = server;
  L4_Word_t theirBase;
  status_t status = Call(arc::SESSION_CONNECT, &pages, 1, &theirBase, 1);
  if (status != arc::STATUS_OK) return status;
  char* base;
  status = shared::Map(Key(), server, theirBase, pages, base);
  if (status != arc::STATUS_OK) return status;
  pages_ = pages;
  base_ = base;
  return status;
}

status_t Session::Disconnect() {
  const status_t status = Call(arc::SESSION_DISCONNECT, nullptr, 0, nullptr, 0);
  if (base_) shared::Release(base_);
  base_ = nullptr;
  pages_ = 0;
  return status;
}
