/*
 * ledger complete|checkpoint|immediate: a server that adds up, and keeps as much of its state as the word says. A test program.
 *
 * Here: ADD n, fault. Faults: 1 crashes once, 2 spoils the state once, which the next request trips over, 3 uses an array
 * that nobody has allocated, 4 takes 30 pages of heap and never gives them back. Reference: thesis chapter 3.
 */
#include "arc_server.h"
#include "checkpoints.h"
#include "persistent.h"

namespace {

constexpr L4_Word_t ADD = 0x770;
enum Fault : L4_Word_t { NONE, CRASH, SPOIL, MISSING, LEAK };
constexpr L4_Word_t PAGE = 0x1000, LEAKED_PAGES = 30;
constexpr L4_Word_t NOWHERE = 0x50000000;
constexpr L4_Word_t INTERVAL = 3;

struct State {
  L4_Word_t sum, count;
  L4_Word_t next;  ///< always as large as `count`
  L4_Word_t last;  ///< number of the last request that is in it
};
struct Entry {
  L4_Word_t request, amount;
};

State state = {};
L4_Word_t leaked = 0;
volatile L4_Word_t fired IS_PERSISTENT = 0;
persistent::Checked<State> saved IS_CHECKED{State{}};
Checkpoints<State, Entry, INTERVAL> checkpoints IS_PERSISTENT;

bool Is(const char* word) { return strcmp(arc_start->argv[1], word) == 0; }

[[gnu::noinline]] void Divide(L4_Word_t by) { asm volatile("divl %0" : : "r"(by), "a"(1), "d"(0) : "cc"); }

void Apply(State& to, const Entry& entry) {
  to.sum += entry.amount;
  to.count++;
  to.next++;
  to.last = entry.request;
}

class Ledger final : public ArcServer {
 public:
  status_t Initialize() override { return arc::STATUS_OK; }
  status_t Exit() override { return arc::STATUS_OK; }
  status_t Recover(L4_Word_t, const Frame&) override {
    if (Is("complete")) return arc::STATUS_FAILED;
    if (Is("immediate")) state = saved.Get();
    else checkpoints.Restore(state, arc_start->restart->sequence, Apply);
    return arc::STATUS_OK;
  }

 protected:
  status_t Service(const Request& request, Reply& reply) override;

 private:
  /** Of the faults that come back with each replay, and of the one that does not. */
  void Fail(L4_Word_t fault) {
    if (fault == CRASH && !fired) {
      fired = 1;
      Divide(0);
    }
    if (fault == MISSING) {
      auto* array = reinterpret_cast<volatile L4_Word_t*>(NOWHERE);
      asm volatile("" : "+r"(array));
      array[0] = 1;
    }
    if (fault == LEAK) {
      for (L4_Word_t n = 0; n < LEAKED_PAGES; n++, leaked++)
        *reinterpret_cast<volatile L4_Word_t*>(arc::HEAP_AREA + leaked * PAGE) = 1;
    }
  }

  status_t Add(const Request& request, Reply& reply) {
    const L4_Word_t fault = request.Word(2);
    if (state.last != request.Sequence()) {
      if (state.next != state.count) Divide(0);
      Fail(fault);
      const Entry entry = {request.Sequence(), request.Word(1)};
      Apply(state, entry);
      if (fault == SPOIL && !fired) {
        fired = 1;
        state.next += 5;
      }
      if (Is("immediate")) saved.Set(state);
      if (Is("checkpoint")) checkpoints.Log(state, entry);
    }
    reply.Put(state.sum);
    reply.Put(state.count);
    return arc::STATUS_OK;
  }
};

BEGIN_HANDLERS(Ledger)
CONNECT_HANDLER(ADD, Add)
END_HANDLERS

}  // namespace

extern "C" int arc_main(int argc, char**) {
  if (argc != 2) return 1;
  static Ledger server;
  ArcServer::Run(server);
}
