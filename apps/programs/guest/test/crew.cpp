/*
 * crew: a server whose work is done by a second thread. A test program.
 *
 * Here: each request is handed to the worker, which counts it in persistent memory and answers. With the word FAIL the worker
 * writes where nothing is, unless the request is a replay; with WORK it computes for some milliseconds. Initialize and Recover start the worker: a restart ends it.
 */
#include "arc_server.h"

namespace {

constexpr L4_Word_t ECHO = 0x710;
constexpr L4_Word_t FAIL = 0xf0, WORK = 0xf1;
constexpr L4_Word_t STEPS = 60'000;
constexpr L4_Word_t STACK_WORDS = 1024;

volatile L4_Word_t starts IS_PERSISTENT = 0;
volatile L4_Word_t counted IS_PERSISTENT = 0;
volatile L4_Word_t total IS_PERSISTENT = 0;
alignas(16) L4_Word_t stack[STACK_WORDS];

void Work(void*) {
  L4_ThreadId_t boss;
  L4_MsgTag_t tag = L4_Wait(boss);
  for (;;) {
    const L4_Word_t word = L4_StoreMR(1), sequence = L4_StoreMR(2), fresh = L4_StoreMR(3);
    if (!tag.Failed() && word == FAIL && fresh) *reinterpret_cast<volatile L4_Word_t*>(0x10) = 1;
    if (!tag.Failed() && word == WORK)
      for (volatile L4_Word_t n = 0; n < STEPS; n = n + 1) {
      }
    if (counted != sequence) {
      total = total + 1;
      counted = sequence;
    }
    L4_LoadMR(1, word + 1);
    L4_LoadMR(0, L4_Tag(0, 1).raw);
    tag = L4_ReplyWait(boss, boss);
  }
}

class Crew final : public ArcServer {
 public:
  status_t Initialize() override { return Hire(); }
  status_t Exit() override { return arc::STATUS_OK; }
  status_t Recover(L4_Word_t, const Frame&) override { return Hire(); }

 protected:
  status_t Service(const Request& request, Reply& reply) override {
    if (request.Label() != ECHO) return arc::STATUS_INVALID;
    L4_LoadMR(1, request.Word(1));
    L4_LoadMR(2, request.Sequence());
    L4_LoadMR(3, Recovered() ? 0 : 1);
    L4_LoadMR(0, L4_Tag(ECHO, 3).raw);
    const L4_MsgTag_t tag = L4_Call(worker_);
    if (tag.Failed()) return arc::STATUS_FAILED;
    const L4_Word_t word = L4_StoreMR(1);
    reply.Put(starts);
    reply.Put(total);
    reply.Put(word);
    return arc::STATUS_OK;
  }

 private:
  status_t Hire() {
    starts = starts + 1;
    return process::NewThread(Work, nullptr, stack + STACK_WORDS, worker_);
  }

  L4_ThreadId_t worker_;
};

}  // namespace

extern "C" int arc_main(int, char**) {
  static Crew server;
  ArcServer::Run(server);
}
