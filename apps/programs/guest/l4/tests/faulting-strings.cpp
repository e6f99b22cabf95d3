/*
 * Strings whose pages are not there yet: whose pager is asked, transfer timeouts, aborts.
 *
 * Sender and receiver are in spaces of their own (C, D); the main thread is the pager of both, and may leave faults alone.
 */
#include "topics.h"
#include "transfer.h"

using namespace l4;

namespace test {

namespace {

constexpr Word LENGTH = 3000, FAR = V + 0x40000;
/** Where the pages of the window at `address` lie for the main thread. */
char* Behind(Word address) { return reinterpret_cast<char*>(ARENA + (address - V)); }

bool FaultedOnly(int slot) {
  for (int i = 0; i < faultCount; i++)
    if (faults[i].from != Id(slot)) return false;
  return faultCount > 0;
}

/** A transfer of LENGTH bytes between two places; neither is there yet if it lies in the window. */
void Between(Word from, Word to, Word length = LENGTH) {
  Prepare(1, 2);
  if (from >= V) Pattern(Behind(from), length);
  if (to >= V) memset(Behind(to), 0xee, length);
  Fill(transfer.sender, 0x1234, String(length), from);
  Fill(transfer.receiver, 1, String(length), to);
}

/** Lets the transfer hang in a fault, then breaks off one side. */
bool AbortedAt(Word silent, int slot, Word how) {
  silentFrom = silent;
  StartTransfer(C, D);
  Await(2);
  Exchanged x{how, 0, 0, 0, 0, 0};
  l4_exchange(Id(slot), &x);
  return Await(2);
}

}  // namespace

void StringsWithFaults() {
  Topic("faulting strings");
  Side &s = transfer.sender, &r = transfer.receiver;
  const Word from = Address(source), to = Address(target);

  Between(V, to);
  bool done = Carry(C, D);
  Check("the sender's fault is the sender's", done && Whole() && IsPattern(target, LENGTH) && FaultedOnly(C) &&
                                                  (faults[0].tag & ~0xffffu) == 0xffe50000 && faults[0].address >> 12 == V >> 12);

  Between(from, V);
  done = Carry(C, D);
  Check("the receiver's fault is the receiver's, for writing",
        done && Whole() && IsPattern(Behind(V), LENGTH) && FaultedOnly(D) && (faults[0].tag & ~0xffffu) == 0xffe20000);

  Between(V, FAR, 5 * PAGE);
  done = Carry(C, D);
  Check("many pages of both sides come one by one", done && Whole() && IsPattern(Behind(FAR), 5 * PAGE) && faultCount == 10);

  Between(V, FAR);
  done = Carry(C, D);
  Check("faults leave the message alone",
        done && Whole() && r.mr[1] == 0x1234 && r.mr[2] == String(LENGTH) && s.mr[1] == 0x1234 && s.mr[2] == String(LENGTH));

  Between(V, to);
  s.xferTimeouts = Timeouts(ZERO, NEVER);
  done = Carry(C, D);
  Check("a transfer timeout of zero ends at the sender's first fault",
        done && (s.tag & r.tag & E) && s.error == IpcError(XFER_MINE, 0) && r.error == IpcError(XFER_HIS, 1) && faultCount == 0);

  Between(from, V);
  r.xferTimeouts = Timeouts(NEVER, ZERO);
  done = Carry(C, D);
  Check("a transfer timeout of zero ends at the receiver's first fault",
        done && (s.tag & r.tag & E) && s.error == IpcError(XFER_HIS, 0) && r.error == IpcError(XFER_MINE, 1) && faultCount == 0);

  Between(from, to);
  s.xferTimeouts = Timeouts(ZERO, ZERO);
  r.xferTimeouts = Timeouts(ZERO, ZERO);
  done = Carry(C, D) && Whole() && IsPattern(target, LENGTH);
  Between(from, V + PAGE / 2, PAGE);
  s.xferTimeouts = Timeouts(ZERO, NEVER);
  r.xferTimeouts = Timeouts(NEVER, ZERO);
  Start(D, [] { *reinterpret_cast<volatile char*>(V) = 0; });
  done = Await(1) && Carry(C, D) && done;
  Check("without a fault no transfer timeout counts; of two that are equal the sender's does",
        done && (s.tag & r.tag & E) && s.error == IpcError(XFER_MINE, 0, PAGE / 2) && r.error == IpcError(XFER_HIS, 1, PAGE / 2));

  Between(V, to, 3 * PAGE / 2);
  s.xferTimeouts = Timeouts(Micro(20000), NEVER);
  transfer.sender.words[1] = String(4096);
  transfer.receiver.words[1] = String(4096);
  transfer.sender.words[2] = V + PAGE / 2;
  silentFrom = V + PAGE;
  const unsigned long long before = l4_clock();
  done = Carry(C, D);
  Check("a pager that takes too long ends it after the bytes that went",
        done && (s.tag & r.tag & E) && s.error == IpcError(XFER_MINE, 0, PAGE / 2) && r.error == IpcError(XFER_HIS, 1, PAGE / 2) &&
            l4_clock() - before >= 20000);

  Between(V, to);
  done = AbortedAt(V, C, X_SEND | X_RECV);
  Check("a sender that is aborted in its fault aborts both", done && (s.tag & r.tag & E) && s.error == IpcError(ABORTED, 0) &&
                                                                 r.error == IpcError(ABORTED, 1));

  Between(from, V);
  done = AbortedAt(V, D, X_SEND | X_RECV);
  Check("a receiver that is aborted in its fault aborts both", done && (s.tag & r.tag & E) && s.error == IpcError(ABORTED, 0) &&
                                                                   r.error == IpcError(ABORTED, 1));
}

}  // namespace test
