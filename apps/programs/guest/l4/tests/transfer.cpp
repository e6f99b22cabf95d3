/*
 * The definitions behind transfer.h.
 */
#include "transfer.h"

using namespace l4;

namespace test {

Transfer transfer;
char source[4096], target[4096];

namespace {

int sendingSlot, receivingSlot;

void Finished(Side& side, Word tag) {
  side.tag = tag;
  side.error = tag & E ? Error() : 0;
  for (int i = 0; i < 12; i++) side.mr[i] = Mr(i);
}

void SendJob() {
  Side& side = transfer.sender;
  Utcb()[XFER_TIMEOUTS] = side.xferTimeouts;
  SetMr(0, transfer.tag);
  for (int i = 0; i < side.count; i++) SetMr(i + 1, side.words[i]);
  Finished(side, Ipc(Id(receivingSlot), NIL, FOREVER));
}

void ReceiveJob() {
  Side& side = transfer.receiver;
  Utcb()[XFER_TIMEOUTS] = side.xferTimeouts;
  for (int i = 0; i < side.count; i++) SetBr(i, side.words[i]);
  const Word tag = Ipc(NIL, Id(sendingSlot), FOREVER);
  Finished(side, tag);
  SetBr(0, 0);
}

}  // namespace

void Prepare(Word untyped, Word typed) {
  transfer = {};
  transfer.tag = Tag(0x123, untyped, typed);
  Pattern(source, sizeof source);
  memset(target, 0xee, sizeof target);
  Forget();
}

void StartTransfer(int from, int to) {
  sendingSlot = from;
  receivingSlot = to;
  Start(to, ReceiveJob);
  Start(from, SendJob);
}

bool Carry(int from, int to) {
  StartTransfer(from, to);
  return Await(2);
}

bool Whole() { return ((transfer.sender.tag | transfer.receiver.tag) & E) == 0; }

bool Broken(Word senderCode, Word receiverCode, Word bytes) {
  const Side &s = transfer.sender, &r = transfer.receiver;
  return (s.tag & r.tag & E) != 0 && s.error == IpcError(senderCode, 0, bytes) && r.error == IpcError(receiverCode, 1, bytes);
}

void Pattern(char* at, Word count) {
  for (Word i = 0; i < count; i++) at[i] = static_cast<char>(i * 7 + (i >> 8) + 1);
}

bool IsPattern(const volatile char* at, Word count, Word from) {
  for (Word i = 0; i < count; i++)
    if (at[i] != static_cast<char>((from + i) * 7 + ((from + i) >> 8) + 1)) return false;
  return true;
}

}  // namespace test
