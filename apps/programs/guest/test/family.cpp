/*
 * family clone | threads | deep: processes made by cloning, and threads. A test program.
 *
 * Here: `clone` writes to data, heap and stack in both processes and finds that neither sees the other's words; `deep` clones in
 * clones, so that a page has many holders; `threads` has threads count, at other priorities, and end in each way. A line for each
 * thing that was seen; the exit status is 1 after a surprise.
 */
#include "terminal.h"

namespace {

constexpr L4_Word_t PAGES = 40;
constexpr L4_Word_t GENERATIONS = 4;
constexpr L4_Word_t STACK_WORDS = 1024;
constexpr L4_Word_t WORKERS = 3;
constexpr L4_Word_t REPORT = 0x7a0;

volatile L4_Word_t data = 1;
volatile L4_Word_t* HeapWord(L4_Word_t page) {
  return reinterpret_cast<volatile L4_Word_t*>(arc::HEAP_AREA + page * x2::PAGE_SIZE + 8);
}

/** How many of the heap's pages hold what they should. */
L4_Word_t Right(L4_Word_t base) {
  L4_Word_t right = 0;
  for (L4_Word_t page = 0; page < PAGES; page++)
    if (*HeapWord(page) == base + page) right++;
  return right;
}

void Fill(L4_Word_t base, L4_Word_t step) {
  for (L4_Word_t page = 0; page < PAGES; page += step) *HeapWord(page) = base + page;
}

bool Ended(L4_Word_t pid, L4_Word_t status) {
  process::Ending ending;
  return process::Wait(pid, ending) == arc::STATUS_OK && ending.kind == 0 && ending.status == status;
}

int Clone() {
  volatile L4_Word_t local = 10;
  const L4_Word_t mine = arc_start->pid;
  Fill(100, 1);
  data = 2;
  L4_Word_t pid;
  if (process::Clone(pid) != arc::STATUS_OK) return 1;
  if (pid == 0) {
    const L4_Word_t seen = Right(100);
    const bool known = data == 2 && local == 10 && arc_start->pid != mine;
    Fill(500, 1);
    data = 3;
    local = 11;
    L4_Sleep(20'000);
    return seen == PAGES && known && Right(500) == PAGES && data == 3 && local == 11 ? 7 : 8;
  }
  Fill(900, 2);
  data = 4;
  const bool ended = Ended(pid, 7);
  L4_Word_t kept = 0;
  for (L4_Word_t page = 0; page < PAGES; page++)
    if (*HeapWord(page) == (page % 2 ? 100 : 900) + page) kept++;
  terminal::Print("clone: ended %s, kept %u of %u, data %u, local %u\n", ended ? "well" : "badly", kept, PAGES, data,
                  local);
  return ended && kept == PAGES && data == 4 && local == 10 ? 0 : 1;
}

/** Each generation writes a page of its own; all find the pages of those before them. */
int Deep() {
  Fill(100, 1);
  L4_Word_t pid = 0, depth = 0;
  for (; depth < GENERATIONS; depth++) {
    if (process::Clone(pid) != arc::STATUS_OK) return 100;
    if (pid != 0) break;
    *HeapWord(depth) = 1000 + depth;
  }
  const bool ended = depth == GENERATIONS || Ended(pid, depth + 1);
  bool right = ended;
  for (L4_Word_t page = 0; page < PAGES; page++) right = right && *HeapWord(page) == (page < depth ? 1000 : 100) + page;
  if (depth > 0) return right ? static_cast<int>(depth) : 99;
  terminal::Print("deep: %u generations, %s\n", GENERATIONS, right ? "right" : "wrong");
  return right ? 0 : 1;
}

struct Worker {
  L4_ThreadId_t boss, thread;
  L4_Word_t number;
  volatile L4_Word_t count;
  alignas(16) L4_Word_t stack[STACK_WORDS];
};
Worker workers[WORKERS];

void Report(const Worker& worker) {
  L4_LoadMR(1, worker.number);
  L4_LoadMR(2, worker.count);
  L4_LoadMR(0, L4_Tag(REPORT, 2).raw);
  L4_Send(worker.boss);
}

void Work(void* argument) {
  auto& worker = *static_cast<Worker*>(argument);
  for (L4_Word_t n = 0; n < 1000; n++) worker.count = worker.count + worker.number;
  Report(worker);
  if (worker.number == WORKERS)  // this one does not return
    for (;;) L4_Sleep(1'000'000);
}

int Threads() {
  L4_Word_t sum = 0;
  for (L4_Word_t n = 0; n < WORKERS; n++) {
    Worker& worker = workers[n];
    worker.boss = L4_Myself();
    worker.number = n + 1;
    if (process::NewThread(Work, &worker, worker.stack + STACK_WORDS, worker.thread) != arc::STATUS_OK) return 1;
  }
  const status_t lower = process::SetPriority(workers[0].thread, 90);
  const status_t higher = process::SetPriority(workers[0].thread, 250);
  const status_t others = process::SetPriority(L4_Pager(), 10);
  for (L4_Word_t n = 0; n < WORKERS; n++) {
    L4_ThreadId_t sender;
    if (L4_Wait(sender).Label() != REPORT) return 1;
    sum += L4_StoreMR(2);
  }
  L4_Sleep(10'000);
  const status_t gone = process::DeleteThread(workers[0].thread);
  const status_t last = process::DeleteThread(workers[WORKERS - 1].thread);
  const status_t own = process::DeleteThread(L4_Myself());
  // Their places can be used again, up to a bound.
  L4_Word_t made = 0;
  static L4_Word_t stacks[16][64];
  for (auto& stack : stacks) {
    L4_ThreadId_t thread;
    if (process::NewThread([](void*) { L4_Sleep(5'000'000); }, nullptr, stack + 64, thread) == arc::STATUS_OK) made++;
  }
  terminal::Print("threads: sum %u, priority %u %u %u, ends %u %u %u, %u more\n", sum, lower, higher, others, gone, last,
                  own, made);
  return sum == 6000 ? 0 : 1;
}

}  // namespace

extern "C" int arc_main(int argc, char** argv) {
  const char* what = argc < 2 ? "" : argv[1];
  if (strcmp(what, "clone") == 0) return Clone();
  if (strcmp(what, "deep") == 0) return Deep();
  if (strcmp(what, "threads") == 0) return Threads();
  terminal::Print("family: usage: family clone | deep | threads\n");
  return 1;
}
