/*
 * Ipc of untyped words: sizes, ids, timeouts, cancellation, order.
 */
#include "test.h"
#include "topics.h"

using namespace l4;

namespace test {

namespace {

volatile Word gotTag, gotError, gotFrom;
volatile bool intact;

constexpr Word Pattern(int i) { return 0x10001u * i ^ 0xa5a5; }

void SendMany() {
  SetMr(0, Tag(0x77, 63));
  for (int i = 1; i < 64; i++) SetMr(i, Pattern(i));
  Ipc(task::Main(), NIL, FOREVER);
}

bool ManyArrive(int slot) {
  Start(slot, SendMany);
  Word from, tag;
  do {
    tag = Wait(&from, Micro(100000));
    if (Protocol(tag) != PAGE_FAULT) break;
    Load(Tag(0, 0, 2), Item(MAP, task::IMAGE), Fpage(task::IMAGE, 18, RWX));
    Ipc(from, NIL, AT_ONCE);
  } while (true);
  bool right = tag == Tag(0x77, 63);
  for (int i = 1; i < 64; i++) right = right && Mr(i) == Pattern(i);
  gotFrom = from;
  return Await(1) && right;
}

void SendToRester() {
  SetMr(0, 0);
  gotTag = Ipc(Id(B), NIL, Timeouts(Micro(20000), NEVER));
  gotError = Error();
}
void SendForEver() {
  SetMr(0, 0);
  gotTag = Ipc(Id(B), NIL, FOREVER);
  gotError = Error();
}
void ReceiveForEver() {
  gotTag = Receive(Id(B));
  gotError = Error();
}
void ReceiveALittle() {
  gotTag = Receive(Id(B), Micro(20000));
  gotError = Error();
}

void SendShort() {
  Load(Tag(1, 2), 0xa, 0xb);
  Ipc(task::Main(), NIL, FOREVER);
}

void SendThroughLipc() {
  IpcRegisters r{task::Main(), NIL, FOREVER, Tag(2, 1), 0, 0, 0};
  SetMr(1, 0xc);
  l4_raw_lipc(&r);
}

void Queue() {
  SetMr(0, Tag(0x50, 0));
  Ipc(task::Main(), NIL, FOREVER);
}

/** Touches what nobody backs; the fault is cancelled, and the message registers are as before. */
void Touch() {
  for (int i = 0; i < 64; i++) SetMr(i, Pattern(i));
  asm volatile("movb $1, (%0)" : : "r"(V) : "memory");
}
void AfterTouch() {
  bool same = true;
  for (int i = 0; i < 64; i++) same = same && Mr(i) == Pattern(i);
  intact = same;
}

bool Aborted(void (*job)(), Word abort, Word error) {
  Start(A, job);
  Sleep(2000);
  Exchanged x{abort, 0, 0, 0, 0, 0};
  l4_exchange(Id(A), &x);
  return Await(1) && (gotTag & E) && gotError == error && x.control == abort;
}

bool After20ms(void (*job)(), Word error) {
  const unsigned long long before = l4_clock();
  const bool done = Do(A, job);
  return done && gotTag == E && gotError == error && l4_clock() - before >= 20000;
}

}  // namespace

void SimpleIpc() {
  Topic("ipc");
  Check("sixty-three words arrive inside a space, from a local id", ManyArrive(A) && gotFrom == task::Utcb(A) + 256);
  Check("sixty-three words arrive from another space, from a global id", ManyArrive(C) && gotFrom == Id(C));
  Check("a send that nobody takes ends after its timeout", After20ms(SendToRester, IpcError(TIMEOUT, 0)));
  Check("a receive that nobody sends to ends after its timeout", After20ms(ReceiveALittle, IpcError(TIMEOUT, 1)));
  Check("a cancelled send says so", Aborted(SendForEver, X_SEND, IpcError(CANCELLED, 0)));
  Check("a cancelled receive says so", Aborted(ReceiveForEver, X_RECV, IpcError(CANCELLED, 1)));

  Start(A, SendShort);
  Sleep(1000);
  for (int i = 0; i < 64; i++) SetMr(i, Pattern(i));
  Receive(Id(A));
  bool right = Mr(1) == 0xa && Mr(2) == 0xb;
  for (int i = 3; i < 64; i++) right = right && Mr(i) == Pattern(i);
  Check("words behind the message stay as they were", Await(1) && right);

  Start(A, SendThroughLipc);
  const Word tag = Receive(Id(A), Micro(100000));
  right = tag == Tag(2, 1) && Mr(1) == 0xc;
  Check("Lipc sends as Ipc does", Await(1) && right);

  constexpr int SENDERS[] = {B, C, A};
  for (const int slot : SENDERS) {
    Start(slot, Queue);
    Sleep(2000);
  }
  right = true;
  for (const int slot : SENDERS) {
    Word from;
    do SetMr(0, 0);
    while (Label(Wait(&from, Micro(100000))) == 0x4444);  // the jobs before it are done
    right = right && (from == Id(slot) || from == task::Utcb(slot) + 256);
  }
  Check("senders are served in their order", right);
  while ((Receive(ANY, Micro(5000)) & E) == 0) {}

  Start(C, Touch);
  Word from, faultTag;
  do faultTag = Wait(&from, Micro(100000));
  while (Protocol(faultTag) == PAGE_FAULT && Mr(1) < V);
  right = Protocol(faultTag) == PAGE_FAULT && Mr(1) == V;
  Start(C, AfterTouch);
  Check("a cancelled page fault leaves all message registers alone", Await(1) && right && intact);
}

}  // namespace test
