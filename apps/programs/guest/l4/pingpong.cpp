/*
 * pingpong: two threads call each other, in one space and in two; a page is mapped, a page fault served.
 *
 * Here: the loops, marked for whoever measures from outside: "@name count" through the kernel debugger right before the
 * first of `count` one-way messages (or operations), "#" right behind the last. Everything runs three times: first cold.
 * Not here: measuring.
 */
#include "print.h"
#include "task.h"

using namespace l4;
using task::Id;

extern "C" void ipc_loop(Word partner, Word tag, Word count);

namespace {

constexpr int PING = 0, PONG = 1, FAR_PING = 2, FAR_PONG = 3, PAGER_SLOT = 4;
constexpr Word TRIPS = 10'000, PAGES = 256, ROUNDS = 20, PAGE = 0x1000;
constexpr Word ARENA = 0x800000, ARENA_BITS = 20, V = 0x20000000;
constexpr Word DONE = 0x4444;
constexpr Word SIZES[] = {0, 4, 16, 63};

volatile Word faultTag;
volatile Word words;
int ping, pong;

/** Prints through the kernel debugger: at once, and without instructions. */
void Say(const char* text) { asm volatile("int3; cmpb $1, %%al" : : "a"(text) : "memory", "cc"); }

/** "@name count" and a line's end. */
void Begin(const char* name, Word count) {
  char line[40], digits[12];
  int at = 0, n = 0;
  line[at++] = '@';
  while (*name) line[at++] = *name++;
  line[at++] = ' ';
  do digits[n++] = static_cast<char>('0' + count % 10);
  while ((count /= 10) != 0);
  while (n > 0) line[at++] = digits[--n];
  line[at++] = '\n';
  line[at] = 0;
  Say(line);
}
void End() { Say("#\n"); }

void Ping() {
  ipc_loop(Id(pong), Tag(0, words), TRIPS);
  Load(Tag(DONE, 0));
  Send(task::Main());
  task::Rest();
}

void Pong() {
  Receive(Id(ping));
  ipc_loop(Id(ping), Tag(0, words), TRIPS);
  task::Rest();
}

void Trips(const char* name, int from, int to, Word size) {
  ping = from;
  pong = to;
  words = size;
  task::Run(pong, Pong);
  Sleep(1000);
  Begin(name, 2 * TRIPS);
  task::Run(ping, Ping);
  Receive(Id(ping));
  End();
}

/** Asks the main thread for one page after another. */
void Asker() {
  SetBr(0, COMPLETE);
  for (Word round = 0; round < ROUNDS; round++) {
    for (Word page = 0; page < PAGES; page++) {
      Load(Tag(0, 1), page);
      Call(task::Main());
    }
    Load(Tag(DONE, 0));
    Call(task::Main());
  }
  Load(Tag(DONE, 0));
  Send(task::Main());
  task::Rest();
}

/** Touches one page after another. */
void Toucher() {
  for (Word round = 0; round < ROUNDS; round++) {
    for (Word page = 0; page < PAGES; page++) *reinterpret_cast<volatile char*>(V + page * PAGE) = 1;
    Load(Tag(DONE, 0));
    Call(task::Main());
  }
  Load(Tag(DONE, 0));
  Send(task::Main());
  task::Rest();
}

/** Serves either; all pages are taken back after each round. */
void Mappings(const char* name, void (*client)()) {
  Begin(name, ROUNDS * PAGES);
  task::Run(FAR_PING, client);
  Word from, rounds = 0;
  for (Word tag = Wait(&from);;) {
    if (Label(tag) == DONE && rounds++ == ROUNDS) break;
    if (Label(tag) == DONE) {
      SetMr(0, Fpage(ARENA, ARENA_BITS, RWX));
      l4_unmap(0);
      Load(Tag(0, 0));
    } else {
      const Word page = Protocol(tag) == PAGE_FAULT ? (Mr(1) - V) / PAGE : Mr(1);
      Load(Tag(0, 0, 2), Item(MAP, V + page * PAGE), Fpage(ARENA + page * PAGE, 12, RWX));
    }
    tag = ReplyWait(from, &from);
  }
  End();
}

}  // namespace

extern "C" int main() {
  task::Initialize();
  for (Word page = 0; page < PAGES; page++) *reinterpret_cast<volatile char*>(ARENA + page * PAGE) = 0;
  const Word pager = task::StartPager(PAGER_SLOT, &faultTag, task::Rest);
  task::Create(PING);
  task::Create(PONG);
  task::CreateSpace(FAR_PING, pager);
  task::CreateSpace(FAR_PONG, pager);
  for (int run = 0; run < 3; run++) {
    const char* const intra[] = {"intra-0", "intra-4", "intra-16", "intra-63"};
    const char* const inter[] = {"inter-0", "inter-4", "inter-16", "inter-63"};
    for (int i = 0; i < 4; i++) Trips(intra[i], PING, PONG, SIZES[i]);
    for (int i = 0; i < 4; i++) Trips(inter[i], FAR_PING, FAR_PONG, SIZES[i]);
    Mappings("map", Asker);
    // From here on its pager is the main thread itself.
    l4_thread_control(Id(FAR_PING), Id(FAR_PING), NIL, task::Main(), 0xffffffff);
    Mappings("fault", Toucher);
    l4_thread_control(Id(FAR_PING), Id(FAR_PING), NIL, pager, 0xffffffff);
  }
  Print("PINGPONG END\n");
  return 0;
}
