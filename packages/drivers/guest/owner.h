/*
 * Who owns a device: one program at a time, until it closes or ends.
 *
 * Here: whether an owner still lives. Not here: where the owner is kept (each driver's state).
 */
#pragma once
#include "process.h"

namespace owner {

/** Whether the thread is a process's. A thread id is never given twice. */
inline bool IsAlive(L4_Word_t thread) {
  process::Info info;
  for (L4_Word_t index = 0; process::ProcessInfo(index, info) == arc::STATUS_OK; index++)
    if (info.thread.raw == thread) return true;
  return false;
}

}  // namespace owner
