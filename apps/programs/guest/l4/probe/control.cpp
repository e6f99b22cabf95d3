/*
 * The other calls as the probe sees them: what they return, and what they refuse.
 *
 * Here: ExchangeRegisters, Schedule, ThreadControl, SpaceControl, Unmap, the clock, the end of a partner. Not here: Ipc (-> ipc.cpp).
 */
#include "probe.h"

using namespace l4;
using task::Id;
using task::Main;

namespace probe {

namespace {

/** Sends to a thread that never receives from it, and says how that ended. */
void StuckSender() {
  SetMr(0, Tag(0, 0));
  const Word tag = Ipc(Id(FRESH), NIL, FOREVER);
  const Word error = Error();
  Load(Tag(0, 2), tag, error);
  Send(Main());
  task::Rest();
}

void Refused(const char* what, Word result) {
  if (result) Print("[tc] %s %x\n", what, result);
  else Print("[tc] %s %x err %x\n", what, result, Error());
}

void Space(const char* what, Word kip, Word utcb, Word who) {
  Word old = 0x5a5a;
  const Word result = l4_space_control(who, 0, kip, utcb, NIL, &old);
  if (result) Print("[sc] %s %x old %x\n", what, result, old);
  else Print("[sc] %s %x err %x\n", what, result, Error());
}

alignas(4096) char page[4096];

Word Status() {
  SetMr(0, Fpage(reinterpret_cast<Word>(page), 12, 0));
  l4_unmap(0x40);
  return Mr(0) & RWX;
}

void VictimSender() {
  SetMr(0, 0);
  Ipc(Id(VICTIM), NIL, FOREVER);
  task::Rest();
}

}  // namespace

Word StateOf(int slot) {
  Word old;
  return l4_schedule(Id(slot), NO_CHANGE, NO_CHANGE, NO_CHANGE, NO_CHANGE, &old);
}

void ExchangeRegisters() {
  task::Create(FRESH);
  Exchanged x{};
  Word result = l4_exchange(Id(FRESH), &x);
  Print("[exr] fresh: result=%s ctrl=%x flags=%x pager_is_me=%d\n", Kind(result), x.control, x.flags, x.pager == Me());
  x = {X_HANDLE, 0, 0, 0, 0x777, 0};
  const Word global = l4_exchange(result, &x);
  Print("[exr] local dest: result_is_global=%d olduh=%x\n", global == Id(FRESH), x.handle);
  x = {};
  l4_exchange(Id(FRESH), &x);
  Print("[exr] uh now %x\n", x.handle);
  x = {};
  result = l4_exchange(NOBODY, &x);
  Print("[exr] bogus: nil=%d err=%x\n", result == NIL, Error());
  Print("[sched] waiting thread: %x\n", StateOf(FRESH));
  task::Run(T1, StuckSender);
  Sleep(5000);
  Print("[sched] polling thread: %x\n", StateOf(T1));
  x = {X_SEND, 0, 0, 0, 0, 0};
  l4_exchange(Id(T1), &x);
  Print("[exr] abort send: ctrl=%x\n", x.control);
  Show("aborted sender says", Receive(Id(T1)));
}

void ThreadControl() {
  const Word id = Id(VICTIM), bogus = NOBODY, utcb = task::Utcb(VICTIM);
  Refused("delete self", l4_thread_control(Me(), NIL, NIL, NIL, NO_CHANGE));
  Refused("delete bogus", l4_thread_control(bogus, NIL, NIL, NIL, NO_CHANGE));
  Refused("create no scheduler", l4_thread_control(id, Me(), NIL, Me(), utcb));
  Refused("create bad space", l4_thread_control(id, bogus, Me(), Me(), utcb));
  Refused("create no utcb", l4_thread_control(id, Me(), Me(), Me(), NO_CHANGE));
  Refused("create unaligned utcb", l4_thread_control(id, Me(), Me(), Me(), utcb + 4));
  Refused("create utcb outside", l4_thread_control(id, Me(), Me(), Me(), 0x10000000));
  Refused("irq8", l4_thread_control(Irq(8), Irq(8), NIL, Me(), NO_CHANGE));
  Refused("system thread", l4_thread_control(Global(20, 1), Me(), Me(), Me(), utcb));
}

void SpaceControl() {
  const Word id = Id(VICTIM), kip = Fpage(0xbff00000, 12), utcb = Fpage(0xbf000000, 17);
  Print("[sc] new space thread %x\n", l4_thread_control(id, id, Me(), NIL, NO_CHANGE));
  Space("overlap", Fpage(0xbf000000, 12), utcb, id);
  Space("utcb in kernel", kip, Fpage(0xd0000000, 17), id);
  Space("small kip", Fpage(0xbff00000, 10), utcb, id);
  Space("ok", kip, utcb, id);
  Space("again", kip, utcb, id);
  Space("bogus", kip, utcb, NOBODY);
  Print("[sc] delete %x\n", l4_thread_control(id, NIL, NIL, NIL, NO_CHANGE));
}

void Unmap() {
  volatile char* at = page;
  at[0] = 1;
  Print("[unmap] status after write %x\n", Status());
  Print("[unmap] status again %x\n", Status());
  static_cast<void>(at[0]);
  Print("[unmap] status after read %x\n", Status());
}

void Clock() {
  Word old;
  Print("[sched] bogus %x err %x\n", l4_schedule(NOBODY, NO_CHANGE, NO_CHANGE, NO_CHANGE, NO_CHANGE, &old), Error());
  const unsigned long long before = l4_clock();
  Sleep(50000);
  const unsigned long long slept = l4_clock() - before;
  Print("[clock] 50ms sleep in range: %d\n", slept >= 50000 && slept < 60000);
}

void Deletion() {
  task::Create(VICTIM);
  task::Run(T1, VictimSender);
  Sleep(1000);
  Print("[del] sender state before %x\n", StateOf(T1));
  task::Delete(VICTIM);
  Sleep(1000);
  Print("[del] sender state after %x\n", StateOf(T1));
  Show("orphan sender", WithTag(0, NIL, Id(T1), Timeouts(NEVER, Micro(1000))));
}

}  // namespace probe
