/*
 * The definitions behind test.h.
 */
#include "test.h"

using namespace l4;

namespace test {

namespace {

constexpr Word DONE = 0x4444, IMAGE_BITS = 18, PATIENCE = 100'000;
const char* topic = "";
int passed, failed;
void (*jobs[task::SLOTS])();

/** Where every job starts. */
void Body() {
  jobs[Number(Me()) - Number(Id(0))]();
  Load(Tag(DONE, 0));
  Send(task::Main());
  task::Rest();
}

/** Answers a page fault, or leaves it. */
void Serve(Word from, Word tag) {
  const Word address = Mr(1);
  if (address >= V && faultCount < 64) {
    volatile Fault& fault = faults[faultCount];
    fault.from = from;
    fault.tag = tag;
    fault.address = address;
    fault.ip = Mr(2);
    faultCount = faultCount + 1;
  }
  if (address < V) Load(Tag(0, 0, 2), Item(MAP, task::IMAGE), Fpage(task::IMAGE, IMAGE_BITS, RWX));
  else if (address < silentFrom)
    Load(Tag(0, 0, 2), Item(MAP, address & ~0xfffu), Fpage(ARENA + ((address - V) & ~0xfffu), 12, RWX));
  else return;
  Ipc(from, NIL, AT_ONCE);
}

}  // namespace

volatile Fault faults[64];
volatile int faultCount;
volatile Word silentFrom;

void Topic(const char* name) { topic = name; }

void Check(const char* what, bool holds) {
  Print("%s %s: %s\n", holds ? "ok" : "FAILED", topic, what);
  (holds ? passed : failed)++;
}

void Finish() { Print("%d passed, %d failed\n", passed, failed); }

void Prepare() {
  task::Initialize();
  for (Word n = 0; n < 1u << (ARENA_BITS - 12); n++) *reinterpret_cast<volatile char*>(ARENA + n * PAGE) = 0;
  task::Create(A);
  task::Create(B);
  task::CreateSpace(C, Me());
  task::CreateSpace(D, Me());
  Forget();
}

void Start(int slot, void (*job)()) {
  jobs[slot] = job;
  task::Run(slot, Body);
}

bool Await(int count) {
  while (count > 0) {
    Word from;
    const Word tag = Wait(&from, Micro(PATIENCE));
    if (tag & E) return false;
    if (Label(tag) == DONE) count--;
    else if (Protocol(tag) == PAGE_FAULT) Serve(from, tag);
  }
  return true;
}

bool Do(int slot, void (*job)()) {
  Start(slot, job);
  return Await(1);
}

void Forget() {
  SetMr(0, Fpage(ARENA, ARENA_BITS, RWX));
  l4_unmap(0);
  faultCount = 0;
  silentFrom = 0xffffffff;
}

}  // namespace test
