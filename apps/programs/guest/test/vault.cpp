/*
 * vault: a server with persistent memory of every strength. A test program.
 *
 * Here: MOVE moves an amount from one of many accounts to the next, in transactional pages, with nothing that would make it safe
 * by itself; LOOK tells whether the sum still is what it was. DAMAGE writes over the checked variable behind its back; SCRIBBLE
 * writes to the protected page outside a window. ALLOCATE key, bytes
 * answers a block's address and the key that it was left with; FREE key frees it. Every other answer has the checked and the protected counter, too.
 */
#include "arc_server.h"
#include "persistent.h"

namespace {

constexpr L4_Word_t MOVE = 0x730, LOOK = 0x731, DAMAGE = 0x732, SCRIBBLE = 0x733, ALLOCATE = 0x734,
                    FREE = 0x735;
constexpr L4_Word_t ACCOUNTS = 2048;  // two pages
constexpr L4_Word_t OPENING = 1000;
constexpr L4_Word_t PAGE_WORDS = 1024;

struct Accounts {
  volatile L4_Word_t moved;
  volatile L4_Word_t balance[ACCOUNTS];
};
Accounts accounts IS_TRANSACTIONAL = {};

struct Totals {
  L4_Word_t moves, amount;
};
persistent::Checked<Totals> totals IS_CHECKED{Totals{0, 0}};
/** The last MOVE that the totals have. */
volatile L4_Word_t counted IS_PERSISTENT = 0;

struct alignas(4096) Page {
  volatile L4_Word_t words[PAGE_WORDS];
};
Page page IS_PERSISTENT = {};

constexpr L4_Word_t NOTE_KEY = 7;

class Vault final : public ArcServer {
 public:
  status_t Initialize() override {
    for (L4_Word_t n = 0; n < ACCOUNTS; n++) accounts.balance[n] = OPENING;
    return persistent::Protect(&page, 1);
  }
  status_t Exit() override { return arc::STATUS_OK; }
  status_t Recover(L4_Word_t, const Frame&) override { return arc::STATUS_OK; }

 protected:
  status_t Service(const Request& request, Reply& reply) override;

 private:
  status_t Move(const Request& request, Reply& reply) {
    const L4_Word_t from = request.Word(1) % ACCOUNTS, to = (from + PAGE_WORDS) % ACCOUNTS, amount = request.Word(2);
    accounts.balance[from] = accounts.balance[from] - amount;
    accounts.moved = accounts.moved + 1;
    accounts.balance[to] = accounts.balance[to] + amount;
    if (counted != request.Sequence()) {
      const Totals before = totals.Get();
      // The checked totals have been set when they say so; `counted` only spares the comparison.
      if (before.moves < accounts.moved) totals.Set({before.moves + 1, before.amount + amount});
      counted = request.Sequence();
    }
    {
      persistent::Window window(&page);
      page.words[0] = accounts.moved;
    }
    auto* note = static_cast<volatile L4_Word_t*>(persistent::Allocate(NOTE_KEY, 100));
    if (!note) return arc::STATUS_NO_MEMORY;
    note[0] = accounts.moved;
    return Look(request, reply);
  }

  status_t Look(const Request&, Reply& reply) {
    L4_Word_t sum = 0;
    for (L4_Word_t n = 0; n < ACCOUNTS; n++) sum += accounts.balance[n];
    auto* note = static_cast<volatile L4_Word_t*>(persistent::Allocate(NOTE_KEY, 100));
    reply.Put(sum - ACCOUNTS * OPENING);
    reply.Put(accounts.moved);
    reply.Put(totals.Get().moves);
    reply.Put(totals.Good() && persistent::Verify() ? 1 : 0);
    reply.Put(page.words[0]);
    reply.Put(note ? note[0] : 0);
    return arc::STATUS_OK;
  }

  status_t Damage(const Request& request, Reply& reply) {
    const_cast<L4_Word_t&>(totals.Get().moves) ^= request.Word(1);
    return Look(request, reply);
  }

  status_t Allocate(const Request& request, Reply& reply) {
    auto* block = static_cast<volatile L4_Word_t*>(persistent::Allocate(request.Word(1), request.Word(2)));
    if (!block) return arc::STATUS_NO_MEMORY;
    reply.Put(reinterpret_cast<L4_Word_t>(block));
    reply.Put(block[0]);
    block[0] = request.Word(1);
    return arc::STATUS_OK;
  }

  status_t Free(const Request& request, Reply&) {
    persistent::Free(request.Word(1));
    return arc::STATUS_OK;
  }

  status_t Scribble(const Request& request, Reply& reply) {
    if (!Recovered()) page.words[1] = request.Word(1);
    return Look(request, reply);
  }
};

BEGIN_HANDLERS(Vault)
CONNECT_HANDLER(MOVE, Move)
CONNECT_HANDLER(LOOK, Look)
CONNECT_HANDLER(DAMAGE, Damage)
CONNECT_HANDLER(SCRIBBLE, Scribble)
CONNECT_HANDLER(ALLOCATE, Allocate)
CONNECT_HANDLER(FREE, Free)
END_HANDLERS

}  // namespace

extern "C" int arc_main(int, char**) {
  static Vault server;
  ArcServer::Run(server);
}
