/*
 * probe: what the kernel interface does, one line per fact, in the form of a transcript taken from L4Ka::Pistachio.
 *
 * Here: ids, Ipc and its errors, exceptions, page faults, the control calls, propagation. Not here: mappings (-> mapprobe.cpp).
 * Each line's words and order are the transcript's: the two are compared as text.
 */
#include "print.h"
#include "task.h"

using namespace l4;
using task::Id;
using task::Main;

namespace {

constexpr int T1 = 0, T2 = 1, FRESH = 2, VICTIM = 3;
constexpr Word NOBODY = Global(9999, 1);
constexpr Word NO_CHANGE = 0xffffffff;
constexpr Word UNMAPPED = 0x7f001234;

const char* Kind(Word id) { return IsLocal(id) ? "local" : "global"; }

/** One Ipc's outcome: `words` is how many message registers came, -1 for those that the tag says. */
void Show(const char* what, Word tag, int words = -1) {
  const Word error = tag & E ? Error() : 0;
  Print("  %s: tag=%08x err=%x mrs:", what, tag, error);
  if (words < 0) words = tag & E ? 0 : static_cast<int>(Untyped(tag));
  for (int i = 1; i <= words; i++) Print(" %x", Mr(i));
  Print("\n");
}

Word WithTag(Word tag, Word to, Word from, Word timeouts, Word* sender = nullptr) {
  SetMr(0, tag);
  return Ipc(to, from, timeouts, sender);
}

void ShowKip() {
  Word version, flags, kernel;
  const Word kip = reinterpret_cast<Word>(Kip(&version, &flags, &kernel));
  Print("[kip] magic=%08x api=%08x flags=%x utcbinfo=%x kiparea=%x clock=%x thread=%08x page=%08x proc=%08x kip@%08x\n",
        KipWord(0), version, flags, KipWord(0xa8), KipWord(0xac), KipWord(0xc0), KipWord(0xc4), KipWord(0xc8), KipWord(0xcc),
        kip);
  volatile Word* u = Utcb();
  Print("[self] global=%08x local=%08x pager=%08x exch=%08x udh=%x cpu=%x xfer=%x\n", Me(), MyLocal(), u[PAGER],
        u[EXCEPTION_HANDLER], u[USER_HANDLE], u[PROCESSOR], u[XFER_TIMEOUTS]);
}

void Errors() {
  Word from = 0;
  Show("send nonexisting", WithTag(0, NOBODY, NIL, FOREVER));
  Show("recv nonexisting", WithTag(0, NIL, NOBODY, FOREVER));
  Show("recv zero timeout", WithTag(0, NIL, Id(T1), AT_ONCE));
  Show("wait 20ms", WithTag(0, NIL, ANY, Timeouts(NEVER, Micro(20000)), &from));
  Print("  from after timeout: %s\n", Kind(from));
  Show("wait zero", WithTag(0, NIL, ANY, AT_ONCE));
}

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

/** A division by zero; behind it code for two more exceptions. */
void Faulter() {
  Utcb()[EXCEPTION_HANDLER] = Main();
  asm volatile(
      "movl $0x4444, %%ebp; movl $0x1111, %%ebx; movl $0x2222, %%esi; movl $0x3333, %%edi; movl $7, %%eax;"
      "xorl %%edx, %%edx; xorl %%ecx, %%ecx; divl %%ecx; movl %%eax, %%ebx; ud2; int $0x80"
      :
      :
      : "memory");
  task::Rest();
}

/** Answers the exception that stands in the message registers: goes on `length` bytes further. */
void Resume(Word length, Word flags, Word eax) {
  const Word eip = Mr(1), number = Mr(3);
  Word rest[13];
  for (int i = 4; i <= 12; i++) rest[i] = Mr(i);
  Load(Tag(0, 12), eip + length, flags, number);
  for (int i = 4; i < 12; i++) SetMr(i, rest[i]);
  SetMr(12, eax);
  Send(Id(T1));
}

void Exceptions() {
  task::Run(T1, Faulter);
  Word tag = Receive(Id(T1));
  const auto* code = reinterpret_cast<const unsigned char*>(Mr(1));
  Print("[exc] tag=%08x no=%x edi=%x esi=%x ebp=%x ebx=%x edx=%x ecx=%x eax=%x eflags.if=%d iopl=%d\n", tag, Mr(3), Mr(5),
        Mr(6), Mr(7), Mr(9), Mr(10), Mr(11), Mr(12), Mr(2) >> 9 & 1, Mr(2) >> 12 & 3);
  SetMr(0, tag);
  Print("  insn at eip: %02x %02x\n", code[0], code[1]);
  Resume(2, 0xffffffff, 0x5555);
  tag = Receive(Id(T1));
  code = reinterpret_cast<const unsigned char*>(Mr(1));
  Print("[exc2] tag=%08x no=%x eax=%x ebx=%x insn=%02x%02x eflags=%x\n", tag, Mr(3), Mr(12), Mr(9), code[0], code[1], Mr(2));
  Resume(2, Mr(2), 0);
  tag = Receive(Id(T1));
  code = reinterpret_cast<const unsigned char*>(Mr(1));
  Print("[exc3] int80: no=%x err=%x insn=%02x\n", Mr(3), Mr(4), code[0]);
}

void Reader() {
  static_cast<void>(*reinterpret_cast<volatile char*>(UNMAPPED));
  task::Rest();
}
void Writer() {
  *reinterpret_cast<volatile char*>(UNMAPPED) = 1;
  task::Rest();
}

void PageFaults() {
  task::Run(T1, Reader);
  Word tag = Receive(Id(T1));
  Print("[pf] read tag=%08x addr=%08x\n", tag, Mr(1));
  task::Run(T1, Writer);
  tag = Receive(Id(T1));
  Print("[pf] write tag=%08x addr=%08x\n", tag, Mr(1));
}

/** Sends to a thread that never receives from it, and says how that ended. */
void StuckSender() {
  SetMr(0, Tag(0, 0));
  const Word tag = Ipc(Id(FRESH), NIL, FOREVER);
  const Word error = Error();
  Load(Tag(0, 2), tag, error);
  Send(Main());
  task::Rest();
}

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

void Refused(const char* what, Word result) {
  if (result) Print("[tc] %s %x\n", what, result);
  else Print("[tc] %s %x err %x\n", what, result, Error());
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

void Space(const char* what, Word kip, Word utcb, Word who) {
  Word old = 0x5a5a;
  const Word result = l4_space_control(who, 0, kip, utcb, NIL, &old);
  if (result) Print("[sc] %s %x old %x\n", what, result, old);
  else Print("[sc] %s %x err %x\n", what, result, Error());
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

alignas(4096) char page[4096];

Word Status() {
  SetMr(0, Fpage(reinterpret_cast<Word>(page), 12, 0));
  l4_unmap(0x40);
  return Mr(0) & RWX;
}

void Unmap() {
  volatile char* at = page;
  at[0] = 1;
  Print("[unmap] status after write %x\n", Status());
  Print("[unmap] status again %x\n", Status());
  static_cast<void>(at[0]);
  Print("[unmap] status after read %x\n", Status());
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

void Clock() {
  Word old;
  Print("[sched] bogus %x err %x\n", l4_schedule(NOBODY, NO_CHANGE, NO_CHANGE, NO_CHANGE, NO_CHANGE, &old), Error());
  const unsigned long long before = l4_clock();
  Sleep(50000);
  const unsigned long long slept = l4_clock() - before;
  Print("[clock] 50ms sleep in range: %d\n", slept >= 50000 && slept < 60000);
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

void VictimSender() {
  SetMr(0, 0);
  Ipc(Id(VICTIM), NIL, FOREVER);
  task::Rest();
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

void Echo() {
  Word from;
  for (Wait(&from);;) {
    Load(Tag(0xabcd, 0));
    ReplyWait(from, &from);
  }
}

void Misc() {
  Print("[misc] nil/nil tag=%x\n", WithTag(0, NIL, NIL, FOREVER));
  Show("send to self zero", WithTag(0, Me(), NIL, AT_ONCE));
  Show("send with E flag set", WithTag(E, NOBODY, NIL, FOREVER));
  task::Run(T1, Echo);
  Sleep(1000);
  Show("call with E flag in request", WithTag(E, Id(T1), Id(T1), FOREVER));
}

}  // namespace

extern "C" int main() {
  task::Initialize();
  Print("ABIPROBE 2\n");
  ShowKip();
  task::Create(T1);
  Errors();
  Calls();
  Exceptions();
  PageFaults();
  ExchangeRegisters();
  ThreadControl();
  SpaceControl();
  Unmap();
  Strings();
  Clock();
  Propagation();
  Deletion();
  Misc();
  Print("ABIPROBE END\n");
  return 0;
}
