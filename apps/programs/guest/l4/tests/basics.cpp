/*
 * Kernel interface page, exceptions, memory, sigma0.
 */
#include "test.h"
#include "topics.h"

using namespace l4;

namespace test {

namespace {

volatile Word seen, seenMagic;

void LookAtKip() {
  const char* kip = Kip();
  seen = reinterpret_cast<Word>(kip);
  seenMagic = *reinterpret_cast<const Word*>(kip);
}

/** For a space whose interface page is elsewhere: the call stubs do not lead there. */
void LookAndSpin() {
  LookAtKip();
  for (;;) asm volatile("");
}

/** Where a space of its own finds the interface page, if it is put at `place`. */
Word KipAt(Word place) {
  const Word id = Id(EXTRA), none = 0xffffffff;
  Word old;
  l4_thread_control(id, id, Me(), NIL, none);
  l4_space_control(id, 0, Fpage(place, 12), Fpage(task::UTCB_AREA, task::UTCB_AREA_BITS), NIL, &old);
  l4_thread_control(id, id, Me(), Me(), task::UTCB_AREA);
  seen = 0;
  task::Run(EXTRA, LookAndSpin);
  Await(1);
  task::Delete(EXTRA);
  return seenMagic == 0x4be6344c ? seen : 0;
}

/** Raises #UD with known registers; goes on behind it with what the handler put into EAX. */
void Undefined() {
  Utcb()[EXCEPTION_HANDLER] = task::Main();
  Word eax = 0x1111;
  asm volatile("ud2" : "+a"(eax) : "b"(0x2222), "c"(0x3333), "S"(0x4444) : "memory");
  seen = eax;
}

Word anotherPage;

/** A request to sigma0: the answer's second word, or 0 if there is none. */
Word Ask(Word fpage) {
  const Word sigma0 = Global(Number(task::Main()) - 2, 1);
  SetBr(0, COMPLETE);
  Load(0xffa00000 | Tag(0, 2), fpage, 0);
  const Word tag = Call(sigma0);
  SetBr(0, 0);
  return (tag & E) == 0 && Typed(tag) == 2 && (Mr(1) & 0xe) == MAP ? Mr(2) : 0;
}

void AskForAnothers() { seen = Ask(anotherPage); }

/** Whether every page of [base, base + size) can be written and read, and is a page of its own. */
bool Usable(Word base, Word size) {
  for (Word at = base; at < base + size; at += PAGE) *reinterpret_cast<volatile Word*>(at) = at ^ 0x5a5a5a5a;
  for (Word at = base; at < base + size; at += PAGE)
    if (*reinterpret_cast<volatile Word*>(at) != (at ^ 0x5a5a5a5a)) return false;
  return true;
}

}  // namespace

void KernelInterfacePage() {
  Topic("kip");
  LookAtKip();
  bool aligned = (seen & 0xfff) == 0 && seenMagic == 0x4be6344c;
  const Word mine = seen;
  aligned = Do(C, LookAtKip) && aligned && (seen & 0xfff) == 0 && seenMagic == 0x4be6344c && mine != 0;
  aligned = aligned && KipAt(0xbfe00000) == 0xbfe00000 && KipAt(0x10000) == 0x10000;
  Check("lock nop finds a page-aligned interface page in every space, wherever it is there", aligned);
}

void Exceptions() {
  Topic("exceptions");
  Start(A, Undefined);
  const Word tag = Receive(Id(A), Micro(100000));
  const Word eip = Mr(1), flags = Mr(2);
  bool right = Protocol(tag) == EXCEPTION && Untyped(tag) == 12 && Mr(3) == 6 && Mr(6) == 0x4444 && Mr(9) == 0x2222 &&
               Mr(11) == 0x3333 && Mr(12) == 0x1111;
  Word frame[13];
  for (int i = 1; i <= 12; i++) frame[i] = Mr(i);
  Load(Tag(0, 12), eip + 2, flags);
  for (int i = 3; i < 12; i++) SetMr(i, frame[i]);
  SetMr(12, 0x7777);
  Ipc(Id(A), NIL, AT_ONCE);
  right = Await(1) && right && seen == 0x7777;
  Check("a frame of twelve words goes to the handler, and comes back changed", right);
}

void Memory() {
  Topic("memory");
  Check("four megabytes from 16 MB up, by page faults, are as many different pages", Usable(0x1000000, 0x400000));
}

void Sigma0() {
  Topic("sigma0");
  const Word exact = Fpage(0x1800000, 14, RWX);
  Check("a region that is named is mapped there, with its size", (Ask(exact) & ~0xfu) == (exact & ~0xfu) && Usable(0x1800000, 0x4000));
  const Word any = Ask(0xfffffc00 | 22 << 4);
  Check("any region of a size is free, aligned and usable",
        (any >> 4 & 0x3f) == 22 && (any & 0x3ffc00) == 0 && any > 0x3ff && Usable(any & ~0x3ffu, 0x400000));
  anotherPage = exact;
  Check("what one thread has is refused to another", Do(A, AskForAnothers) && (seen & ~7u) == 0);
  const char* kip = Kip();
  const Word info = KipWord(0x54);
  const auto* descriptor = reinterpret_cast<const Word*>(kip + (info >> 16));
  Word reserved = 0;
  for (Word n = 0; n < (info & 0xffff); n++)
    if ((descriptor[2 * n] & 0x20f) == 2) reserved = descriptor[2 * n] & ~0x3ffu;
  Check("the kernel's own memory is refused", reserved != 0 && (Ask(Fpage(reserved, 12, RWX)) & ~7u) == 0);
}

}  // namespace test
