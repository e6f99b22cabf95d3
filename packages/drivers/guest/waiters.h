/*
 * Clients that an earlier life of a driver was to answer later: a cold start does not know them any more.
 *
 * Here: telling all of them at once. Not here: clients whose request is open, which are answered anyway (-> arc_server.h).
 */
#pragma once
#include "process.h"

namespace waiters {

/**
 * Belongs into Initialize: who waits for an answer of an earlier life is told that it has failed. A message to each program's first
 * thread reaches those that wait. Servers are left alone: they wait for anybody, and for no answer of ours.
 */
inline void Refuse() {
  if (arc_start->restart->sequence == 0) return;  // no earlier life was ever asked
  process::Info info;
  for (L4_Word_t index = 0; process::ProcessInfo(index, info) == arc::STATUS_OK; index++) {
    if (info.flags & arc::PROCESS_FLAG_SERVER) continue;
    L4_LoadMR(1, arc::STATUS_FAILED);
    L4_LoadMR(0, L4_Tag(0, 1).raw);
    L4_Reply(info.thread);
  }
}

}  // namespace waiters
