/*
 * Ipc as the probe sees it: ids, errors, strings, propagation.
 *
 * Here: what two threads of one space say to each other. Not here: what the kernel says (-> faults.cpp).
 */
#include "probe.h"

using namespace l4;
using task::Id;
using task::Main;

namespace probe {

namespace {

/** Answers each call of the main thread. */
void Answerer() {
  for (int i = 0;; i++) {
    Word from;
    Wait(&from);
    if (i < 2) Load(Tag(0x1234, 3), 0xcafe1, 0xcafe2, 0xcafe3);
    else Load(Tag(0x9999, 0));
    Send(from);
  }
}

void Sender() {
  for (;;) {
    Load(Tag(0xbeef, 3), 0x11, 0x22, 0x33);
    Send(Main());
  }
}

void StringSender() {
  static const char text[] = "hello world";
  Load(Tag(0, 1, 2), 0xaa, String(11), reinterpret_cast<Word>(text));
  const Word tag = Ipc(Main(), NIL, FOREVER);
  const Word error = Error();
  Load(Tag(0, 2), tag, error);
  Send(Main());
  task::Rest();
}

/** Waits for T1, which sends in its name; says what came, from whom. */
void VirtualSender() {
  Word from;
  const Word tag = Ipc(NIL, Id(T1), FOREVER, &from);
  const Word one = Mr(1);
  Load(Tag(2, 3), tag, one, (IsLocal(from) ? 1 : 0) | (from == task::Utcb(0) - 256 ? 2 : 0));
  Send(Main());
  task::Rest();
}

void Propagator() {
  Utcb()[VIRTUAL_SENDER] = Id(T2);
  Load(Tag(0x7a7a, 1) | P, 5);
  const Word tag = Ipc(Main(), NIL, FOREVER);
  Load(Tag(1, 2), tag, (tag & E) == 0);
  Send(Main());
  task::Rest();
}

void Echo() {
  Word from;
  for (Wait(&from);;) {
    Load(Tag(0xabcd, 0));
    ReplyWait(from, &from);
  }
}

}  // namespace

void Errors() {
  Word from = 0;
  Show("send nonexisting", WithTag(0, NOBODY, NIL, FOREVER));
  Show("recv nonexisting", WithTag(0, NIL, NOBODY, FOREVER));
  Show("recv zero timeout", WithTag(0, NIL, Id(T1), AT_ONCE));
  Show("wait 20ms", WithTag(0, NIL, ANY, Timeouts(NEVER, Micro(20000)), &from));
  Print("  from after timeout: %s\n", Kind(from));
  Show("wait zero", WithTag(0, NIL, ANY, AT_ONCE));
}

void Calls() {
  task::Run(T1, Answerer);
  SetMr(0, Tag(1, 0));
  IpcRegisters r{Id(T1), Id(T1), FOREVER, Tag(1, 0), 0, 0, 0};
  l4_raw_ipc(&r);
  Print("[call] from=%s esi=%x ebx=%x ebp=%x edi_preserved=%d mr3=%x\n", Kind(r.eax), r.esi, r.ebx, r.ebp,
        r.edi == MyLocal(), Mr(3));
  Print("[call] utcb mr0=%x mr1=%x mr2=%x\n", Mr(0), Mr(1), Mr(2));
  r = {r.eax, r.eax, FOREVER, Tag(1, 0), 0, 0, 0};
  l4_raw_ipc(&r);
  Print("[call again] from=%s\n", Kind(r.eax));
  Exchanged x{};
  const Word local = l4_exchange(Id(T1), &x);
  Show("call local dest", WithTag(Tag(1, 0), local, local, FOREVER));

  task::Run(T1, Sender);
  Word from = 0;
  Show("open wait", WithTag(0, NIL, ANY, FOREVER, &from));
  Print("  sender: %s\n  sender is local of T1: %d\n", Kind(from), from == task::Utcb(T1) + 256);
  Show("anylocal wait", WithTag(0, NIL, ANY_LOCAL, FOREVER, &from));
  Print("  sender: %s\n", Kind(from));
}

void Strings() {
  static char buffer[16];
  task::Run(T1, StringSender);
  SetBr(0, 1);
  SetBr(1, String(5));
  SetBr(2, reinterpret_cast<Word>(buffer));
  const Word tag = Receive(Id(T1));
  SetBr(0, 0);
  Show("short string buffer", tag, 2);
  Print("  got '%s'\n", buffer);
  Show("string sender says", Receive(Id(T1)));
}

void Propagation() {
  task::Create(T2);
  task::Run(T2, VirtualSender);
  Sleep(1000);
  task::Run(T1, Propagator);
  Word from;
  Show("propagated", WithTag(0, NIL, ANY, FOREVER, &from));
  Print("  from is T2: %d (%s) actual sender is T1: %d\n", from == task::Utcb(T2) + 256, Kind(from),
        Utcb()[VIRTUAL_SENDER] == task::Utcb(T1) + 256);
  Load(Tag(0x5151, 1), 0x42);
  Show("reply to virtual sender", Ipc(from, NIL, FOREVER), 0);
  Show("virtual sender got", Receive(Id(T2)));
  Show("propagator says", Receive(Id(T1)));
}

void Misc() {
  Print("[misc] nil/nil tag=%x\n", WithTag(0, NIL, NIL, FOREVER));
  Show("send to self zero", WithTag(0, Me(), NIL, AT_ONCE));
  Show("send with E flag set", WithTag(E, NOBODY, NIL, FOREVER));
  task::Run(T1, Echo);
  Sleep(1000);
  Show("call with E flag in request", WithTag(E, Id(T1), Id(T1), FOREVER));
}

}  // namespace probe
