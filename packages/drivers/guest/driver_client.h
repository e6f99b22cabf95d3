/*
 * A client of a driver: finding it, asking it.
 *
 * Here: what the clients of all drivers share. Not here: what a driver is asked (-> sound/client.h, video/client.h).
 */
#pragma once
#include "process.h"

class DriverClient {
 protected:
  /** Waits for the driver, which may still be starting. */
  status_t Find(const char* name) { return process::Lookup(name, driver_, 100); }
  /** Names what the client shares with the driver; nobody else in the program has this number or the next one. */
  L4_Word_t Key() const { return reinterpret_cast<L4_Word_t>(this); }
  /** Calls the driver with `words` message registers that are loaded already. */
  status_t Ask(L4_Word_t label, L4_Word_t words) {
    L4_LoadMR(0, L4_Tag(label, words).raw);
    const L4_MsgTag_t tag = L4_Call(driver_);
    return tag.Failed() || tag.Untyped() < 1 ? arc::STATUS_FAILED : L4_StoreMR(1);
  }

  L4_ThreadId_t driver_{x2::NIL_THREAD};
};
