/*
 * ExchangeRegisters, ThreadControl, Schedule.
 */
#include "test.h"
#include "topics.h"

using namespace l4;

namespace test {

namespace {

constexpr Word NO_CHANGE = 0xffffffff;
volatile Word counter, seenSp;

void Count() {
  for (;;) counter = counter + 1;
}

void Nothing() {}

/** As an entry of its own: notes its stack pointer and rests. */
void NoteStack() {
  Word sp;
  asm volatile("movl %%esp, %0" : "=r"(sp));
  seenSp = sp;
  task::Rest();
}


/** ExchangeRegisters' answer: the result; `x` has the old values. */
Word Exchange(Word dest, Exchanged& x) { return l4_exchange(dest, &x); }

Word Exchange(Word dest, Word control, Exchanged values = {}) {
  values.control = control;
  return l4_exchange(dest, &values);
}

Word Old(Word dest, Word Exchanged::*field) {
  Exchanged x{X_DELIVER, 0, 0, 0, 0, 0};
  l4_exchange(dest, &x);
  return x.*field;
}

Word State(Word id) {
  Word old;
  return l4_schedule(id, NO_CHANGE, NO_CHANGE, NO_CHANGE, NO_CHANGE, &old);
}

void Starter() {
  Word ip, sp;
  asm volatile("movl %%esp, %0" : "=r"(sp));
  ip = 0;
  seenSp = sp + ip;
  task::Rest();
}

}  // namespace

void ExchangeRegisters() {
  Topic("exregs");
  Do(A, Nothing);
  const Word a = Id(A), local = task::Utcb(A) + 256;
  Check("a global id is answered with the local one, and back", Exchange(a, 0) == local && Exchange(local, 0) == a);

  static char stack[512];
  const Word top = reinterpret_cast<Word>(stack + 496);
  Exchanged go{X_RECV | X_SEND | X_SP | X_IP | X_SETH, top, reinterpret_cast<Word>(NoteStack), 0, 0, 0};
  Exchange(a, go);
  Sleep(2000);
  Check("a thread goes on at its new IP and SP", seenSp <= top && seenSp > top - 64);

  Exchanged handle{X_HANDLE, 0, 0, 0, 0x4711, 0};
  Exchange(a, handle);
  Check("the user-defined handle is set, and the old one delivered", handle.handle == 0 && Old(a, &Exchanged::handle) == 0x4711);

  Exchanged pager{X_PAGER, 0, 0, 0, 0, Id(B)};
  Exchange(a, pager);
  const bool set = pager.pager == Me() && Old(a, &Exchanged::pager) == Id(B);
  pager = {X_PAGER, 0, 0, 0, 0, Me()};
  Exchange(a, pager);
  Check("the pager is set, and the old one delivered", set && Old(a, &Exchanged::pager) == Me());

  task::Run(A, Count);
  Sleep(2000);
  Exchange(a, X_SETH | X_HALT);
  const Word halted = counter;
  Sleep(20000);
  const bool stood = counter == halted && halted != 0 && (Old(a, &Exchanged::control) & X_HALT);
  Exchange(a, X_SETH);
  Sleep(20000);
  Check("a halted thread stands still until it is resumed", stood && counter > halted);

  Exchanged flags{X_FLAGS, 0, 0, 0xffffffff, 0, 0};
  Exchange(a, flags);
  Check("of the flags only those of arithmetic are taken", (Old(a, &Exchanged::flags) & 0x8d5) == 0x8d5 &&
                                                               (Old(a, &Exchanged::flags) & 0x37700) == 0x3200);
  task::Run(A, task::Rest);

  const Word id = Id(EXTRA);
  l4_thread_control(id, Me(), Me(), NIL, NO_CHANGE);
  const bool refused = Exchange(id, 0) == NIL && Error() == INVALID_THREAD;
  l4_thread_control(id, Me(), NIL, Me(), task::Utcb(EXTRA));
  Check("an inactive thread is none; activated, it is", refused && Exchange(id, 0) == task::Utcb(EXTRA) + 256);
  task::Delete(EXTRA);
}

void ThreadControl() {
  Topic("threads");
  Check("a thread cannot delete itself", l4_thread_control(Me(), NIL, NIL, NIL, NO_CHANGE) == 0 && Error() == INVALID_THREAD);

  static char stack[512];
  task::Create(EXTRA);
  Load(Tag(0, 2), reinterpret_cast<Word>(Starter), reinterpret_cast<Word>(stack + 480));
  Send(Id(EXTRA));
  Sleep(2000);
  Check("a new thread starts where its pager's message says",
        seenSp <= reinterpret_cast<Word>(stack + 480) && seenSp > reinterpret_cast<Word>(stack));

  const Word renamed = Global(Number(Id(EXTRA)), 5);
  const bool done = l4_thread_control(renamed, Me(), NIL, NIL, NO_CHANGE) == 1;
  Word old;
  const bool gone = l4_schedule(Id(EXTRA), NO_CHANGE, NO_CHANGE, NO_CHANGE, NO_CHANGE, &old) == 0 && Error() == INVALID_THREAD;
  Check("another version is another name", done && gone && State(renamed) == 6 &&
                                               *reinterpret_cast<volatile Word*>(task::Utcb(EXTRA) + 256 - 60) == renamed);
  l4_thread_control(renamed, NIL, NIL, NIL, NO_CHANGE);
}

void Schedule() {
  Topic("schedule");
  Word old;
  const Word irq = Irq(7);
  Check("the priority of an interrupt that nobody handles cannot be set",
        l4_schedule(irq, NO_CHANGE, NO_CHANGE, 20, NO_CHANGE, &old) == 0 && Error() == INVALID_THREAD);
  const bool attached = l4_thread_control(irq, irq, NIL, Me(), NO_CHANGE) == 1;
  const bool set = l4_schedule(irq, NO_CHANGE, NO_CHANGE, 20, NO_CHANGE, &old) != 0;
  Check("the priority of an interrupt that somebody handles can", attached && set && l4_thread_control(irq, irq, NIL, irq, NO_CHANGE) == 1);
}

}  // namespace test
