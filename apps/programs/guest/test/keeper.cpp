/*
 * keeper: a server that has something in every kind of memory, and sessions. A test program.
 *
 * Here: it tells what it still has (keeper.h), and serves sessions: Put adds the words of the shared page to a sum, exactly
 * once for each request; Get fills the page with words counted up from one that the client names. It recovers.
 */
#include "keeper.h"
#include "session_server.h"

namespace {

volatile L4_Word_t data = 1;
volatile L4_Word_t persistent IS_PERSISTENT = 1;
volatile L4_Word_t lives IS_PERSISTENT = 1;
/** The last Put that has been added, and the sums before and after it. */
volatile L4_Word_t added IS_PERSISTENT = 0;
volatile L4_Word_t sum IS_PERSISTENT = 0;
volatile L4_Word_t next IS_PERSISTENT = 0;

volatile L4_Word_t& heap() { return *reinterpret_cast<volatile L4_Word_t*>(arc::HEAP_AREA + 0x2000); }

/** A word of the main stack, far below what is in use. */
volatile L4_Word_t& stack() { return *reinterpret_cast<volatile L4_Word_t*>(arc::STACK_TOP - 0x3000); }

class Keeper final : public SessionServer {
 public:
  status_t Initialize() override { return arc::STATUS_OK; }
  status_t Exit() override { return arc::STATUS_OK; }
  status_t Recover(L4_Word_t, const Frame&) override {
    lives = lives + 1;
    return arc::STATUS_OK;
  }

 protected:
  status_t IpcHandler(const Request& request, Reply& reply) override;

  status_t HandlePut(SessionControlBlock& session, const Request& request, Reply& reply) override {
    const auto* words = reinterpret_cast<const volatile L4_Word_t*>(session.base);
    if (request.Word(1) > session.pages << 10) return arc::STATUS_INVALID;
    if (added != request.Sequence()) {
      L4_Word_t total = sum;
      for (L4_Word_t n = 0; n < request.Word(1); n++) total += words[n];
      next = total;
      added = request.Sequence();
    }
    sum = next;
    reply.Put(next);
    return arc::STATUS_OK;
  }

  status_t HandleGet(SessionControlBlock& session, const Request& request, Reply& reply) override {
    auto* words = reinterpret_cast<volatile L4_Word_t*>(session.base);
    if (request.Word(2) > session.pages << 10) return arc::STATUS_INVALID;
    for (L4_Word_t n = 0; n < request.Word(2); n++) words[n] = request.Word(1) + n;
    reply.Put(request.Word(2));
    return arc::STATUS_OK;
  }

 private:
  status_t Remember(const Request& request, Reply&) {
    heap() = request.Word(1);
    data = request.Word(1);
    stack() = request.Word(1);
    persistent = request.Word(1);
    return arc::STATUS_OK;
  }

  status_t Tell(const Request& request, Reply& reply) {
    L4_Word_t sessions = 0, shared = 0;
    ForSessions([&](SessionControlBlock& session) {
      sessions++;
      if (session.client == request.Sender()) shared = *reinterpret_cast<volatile L4_Word_t*>(session.base);
    });
    const L4_Word_t words[keeper::ANSWER_WORDS] = {heap(), data, persistent, shared, sessions, lives, stack()};
    for (const L4_Word_t word : words) reply.Put(word);
    return arc::STATUS_OK;
  }

  status_t Fail(const Request& request, Reply& reply) {
    if (!Recovered()) {
      L4_Sleep(request.Word(1));
      *reinterpret_cast<volatile L4_Word_t*>(0x10) = 1;
    }
    return Tell(request, reply);
  }
};

BEGIN_IPC_HANDLERS(Keeper)
CONNECT_HANDLER(keeper::REMEMBER, Remember)
CONNECT_HANDLER(keeper::TELL, Tell)
CONNECT_HANDLER(keeper::FAIL, Fail)
END_HANDLERS

}  // namespace

extern "C" int arc_main(int, char**) {
  static Keeper server;
  ArcServer::Run(server);
}
