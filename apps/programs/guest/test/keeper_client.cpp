/*
 * keeper-client: asks the server "keeper". A test program.
 *
 * Here: `talk N` puts and gets N times through a session and prints what came; `hold` leaves a session open and fails, `thread` and
 * `thread-hold` leave one open that another thread has opened, and the latter fails in it;
 * `remember WORD` has the word remembered everywhere, puts it into the shared page, lets the server fail while `ask` – which
 * it starts – waits in the server's queue, and prints what both were answered. The exit status is 1 after a surprise.
 */
#include "keeper.h"
#include "session.h"
#include "terminal.h"

namespace {

constexpr int PATIENCE = 100;
constexpr L4_Word_t WORDS = 700;
constexpr L4_Word_t HALF = 20'000;

Session session;
L4_ThreadId_t server;

volatile L4_Word_t* SharedWords() { return reinterpret_cast<volatile L4_Word_t*>(session.GetBaseAddress()); }

int Talk(L4_Word_t rounds) {
  L4_Word_t expected = 0;
  for (L4_Word_t n = 0; n < rounds; n++) {
    for (L4_Word_t i = 0; i < WORDS; i++) SharedWords()[i] = n + i;
    for (L4_Word_t i = 0; i < WORDS; i++) expected += n + i;
    L4_Word_t sum = 0, count = 0;
    const L4_Word_t range[] = {1000 * n, WORDS};
    if (session.Put(&range[1], 1, &sum, 1) != arc::STATUS_OK) return 1;
    if (session.Get(range, 2, &count, 1) != arc::STATUS_OK) return 1;
    L4_Word_t wrong = 0;
    for (L4_Word_t i = 0; i < WORDS; i++)
      if (SharedWords()[i] != 1000 * n + i) wrong++;
    terminal::Print("round %u: sum %u of %u, %u words, %u wrong\n", n, sum, expected, count, wrong);
  }
  return session.Disconnect() == arc::STATUS_OK ? 0 : 1;
}

/** Asks, and says what was answered: an error of the IPC, a status, or words. */
void Ask(const char* who, L4_Word_t label, L4_Word_t word) {
  L4_LoadMR(1, word);
  L4_LoadMR(0, L4_Tag(label, 1).raw);
  const L4_MsgTag_t tag = L4_Call(server);
  const status_t status = tag.Failed() ? 0 : L4_StoreMR(1);
  L4_Word_t words[keeper::ANSWER_WORDS];
  for (L4_Word_t n = 0; n < keeper::ANSWER_WORDS; n++) words[n] = L4_StoreMR(static_cast<int>(n) + 2);
  if (tag.Failed()) terminal::Print("%s: error 0x%x\n", who, L4_ErrorCode());
  else if (status != arc::STATUS_OK) terminal::Print("%s: status %u\n", who, status);
  else
    terminal::Print("%s: heap %u data %u persistent %u shared %u sessions %u lives %u stack %u\n", who, words[0],
                    words[1], words[2], words[3], words[4], words[5], words[6]);
}

/** In a thread of its own: opens a session; `argument` says whether it fails then, or just ends. */
void Visit(void* argument) {
  session.Connect(server);
  if (argument) *reinterpret_cast<volatile L4_Word_t*>(0x10) = 1;
}

/** Has a thread open a session that nobody ends, and asks how many there are when the thread is gone. */
int Thread(bool fails) {
  alignas(16) static L4_Word_t stack[1024];
  L4_ThreadId_t thread;
  if (process::NewThread(Visit, fails ? &session : nullptr, stack + 1024, thread) != arc::STATUS_OK) return 1;
  L4_Sleep(HALF);
  Ask("left", keeper::TELL, 0);
  return 0;
}

int Remember(L4_Word_t word) {
  L4_LoadMR(1, word);
  L4_LoadMR(0, L4_Tag(keeper::REMEMBER, 1).raw);
  if (L4_Call(server).Failed()) return 1;
  SharedWords()[0] = word;
  L4_Word_t pid;
  process::Text problem;
  if (process::Execute("keeper-client ask", pid, problem) != arc::STATUS_OK) return 1;
  Ask("open", keeper::FAIL, 2 * HALF);
  process::Ending ending;
  if (process::Wait(pid, ending) != arc::STATUS_OK) return 1;
  Ask("later", keeper::TELL, 0);
  terminal::Print("page: shared %u\n", SharedWords()[0]);
  const L4_Word_t begin = 0;
  terminal::Print("session: status %u\n", session.Begin(&begin, 1));
  char* before = session.GetBaseAddress();
  const status_t again = session.Connect(server);
  terminal::Print("connect: status %u, %s address\n", again, session.GetBaseAddress() == before ? "same" : "other");
  return 0;
}

L4_Word_t Number(const char* text) {
  L4_Word_t number = 0;
  while (*text >= '0' && *text <= '9') number = number * 10 + static_cast<L4_Word_t>(*text++ - '0');
  return number;
}

}  // namespace

extern "C" int arc_main(int argc, char** argv) {
  const char* what = argc < 2 ? "" : argv[1];
  if (process::Lookup("keeper", server, PATIENCE) != arc::STATUS_OK) return 1;
  if (strcmp(what, "ask") == 0) {
    L4_Sleep(HALF);
    Ask("queued", keeper::TELL, 0);
    return 0;
  }
  if (strcmp(what, "thread") == 0 || strcmp(what, "thread-hold") == 0) return Thread(what[6] != 0);
  if (session.Connect(server) != arc::STATUS_OK) return 1;
  if (strcmp(what, "hold") == 0) *reinterpret_cast<volatile L4_Word_t*>(0x10) = 1;
  if (argc > 2 && strcmp(what, "talk") == 0) return Talk(Number(argv[2]));
  if (argc > 2 && strcmp(what, "remember") == 0) return Remember(Number(argv[2]));
  terminal::Print("keeper-client: usage: keeper-client talk N | hold | thread | thread-hold | remember WORD | ask\n");
  return 1;
}
