/*
 * fragile: a server that fails in every way that a detector or a policy is there for. A test program.
 *
 * Here: one request for each way; LOOK answers what the others left: count, mirror, heap pages. `fragile-checked` is this
 * source with its compiler's checks in it.
 */
#include "arc_server.h"
#include "heap.h"

namespace {

constexpr L4_Word_t COUNT = 0x740, BREAK = 0x741, WILD = 0x742, OVERRUN = 0x743, SLOW = 0x744, LEAK = 0x745,
                    CHECK = 0x746, LOOK = 0x747, WORDY = 0x748, OPEN = 0x749, USE = 0x74a, CLOSE = 0x74b,
                    STALE = 0x74c, DANGLING = 0x74d, HASTY = 0x74e;
/** States of a conversation. */
constexpr L4_Word_t CLOSED = 0, OPENED = 1;
constexpr L4_Word_t ANSWER = 8;
constexpr L4_Word_t PAGE = 0x1000;
/** An array that nobody has allocated. */
constexpr L4_Word_t NOWHERE = 0x50000000;
constexpr L4_Word_t SLOW_STEPS = 1'000'000;

constexpr ProtocolRule RULES[] = {
    {COUNT, 0, 1, ANSWER, ANY_STATE, ANY_STATE}, {BREAK, 0, 1, ANSWER, ANY_STATE, ANY_STATE},
    {WILD, 0, 1, ANSWER, ANY_STATE, ANY_STATE},  {OVERRUN, 0, 1, ANSWER, ANY_STATE, ANY_STATE},
    {SLOW, 0, 1, ANSWER, ANY_STATE, ANY_STATE},  {LEAK, 0, 1, ANSWER, ANY_STATE, ANY_STATE},
    {CHECK, 1, 1, ANSWER, ANY_STATE, ANY_STATE}, {LOOK, 0, 1, ANSWER, ANY_STATE, ANY_STATE},
    {WORDY, 0, 1, ANSWER, ANY_STATE, ANY_STATE}, {OPEN, 0, 1, ANSWER, CLOSED, OPENED},
    {USE, 0, 1, ANSWER, OPENED, OPENED},         {CLOSE, 0, 1, ANSWER, OPENED, CLOSED},
    {STALE, 0, 1, ANSWER, ANY_STATE, ANY_STATE}, {DANGLING, 0, 1, ANSWER, ANY_STATE, ANY_STATE},
    {HASTY, 0, 1, ANSWER, ANY_STATE, ANY_STATE},
};

volatile L4_Word_t count IS_PERSISTENT = 0;
/** Always as large as `count` between requests. */
volatile L4_Word_t mirror IS_PERSISTENT = 0;
volatile L4_Word_t leaked = 0;

/** More than half of the heap: two of these never fit. */
constexpr L4_Word_t LARGE = 0x44000;
volatile L4_Word_t arrived = 0;
alignas(16) L4_Word_t stack[256];

void DivideBy(L4_Word_t divisor) {
  L4_Word_t low = 1, high = 0;
  asm volatile("divl %2" : "+a"(low), "+d"(high) : "r"(divisor) : "cc");
}

enum Mistake { SUM, INDEX, SHIFT, STACK, MISTAKES };

/** Values that no compiler knows. */
volatile int largest = 0x7fffffff, five = 5, forty = 40;
volatile int table[4] = {1, 2, 3, 4};

[[gnu::noinline]] void Overwrite(int more) {
  volatile unsigned char buffer[8];
  volatile unsigned char* end = buffer;
  asm volatile("" : "+r"(end));  // where it points to is nobody's business
  for (int n = 0; n < 8 + more; n++) end[n] = 0;
}

[[gnu::noinline]] L4_Word_t Make(L4_Word_t mistake) {
  switch (mistake) {
    case SUM:
      return static_cast<L4_Word_t>(largest + five);
    case INDEX:
      return static_cast<L4_Word_t>(table[five]);
    case SHIFT:
      return static_cast<L4_Word_t>(five << forty);
    case STACK:
      Overwrite(4);
      return 0;
    default:
      return 0;
  }
}

class Fragile final : public ArcServer {
 public:
  status_t Initialize() override { return arc::STATUS_OK; }
  status_t Exit() override { return arc::STATUS_OK; }
  status_t Recover(L4_Word_t, const Frame&) override { return arc::STATUS_OK; }

 protected:
  status_t Service(const Request& request, Reply& reply) override;
  bool Invariant() override { return count == mirror; }
  ProtocolRules Protocol() const override { return {RULES, sizeof RULES / sizeof *RULES}; }

 private:
  /** Counts, and divides by zero behind it: once, or, with a word, each time. */
  status_t Count(const Request& request, Reply& reply) {
    count = count + 1;
    mirror = mirror + 1;
    if (!Recovered() || request.Words()) asm volatile("divl %0" : : "r"(0), "a"(1), "d"(0));
    return Look(request, reply);
  }

  status_t Break(const Request& request, Reply& reply) {
    mirror = mirror + 1;
    return Look(request, reply);
  }

  status_t Wild(const Request&, Reply& reply) {
    auto* array = reinterpret_cast<volatile L4_Word_t*>(NOWHERE);
    asm volatile("" : "+r"(array));
    L4_Word_t sum = 0;
    for (L4_Word_t n = 0; n < 10; n++) array[n] = n + 1;
    for (L4_Word_t n = 0; n < 10; n++) sum += array[n];
    leaked = leaked + 1;  // a word that a restart makes zero
    reply.Put(sum);
    return arc::STATUS_OK;
  }

  /** One word too many. */
  status_t Overrun(const Request& request, Reply& reply) {
    auto* end = reinterpret_cast<volatile L4_Word_t*>(arc::HEAP_AREA + arc::HEAP_SIZE);
    asm volatile("" : "+r"(end));
    *end = 1;
    return Look(request, reply);
  }

  status_t Slow(const Request& request, Reply& reply) {
    for (volatile L4_Word_t n = 0; n < SLOW_STEPS; n = n + 1) {
    }
    return Look(request, reply);
  }

  status_t Leak(const Request& request, Reply& reply) {
    *reinterpret_cast<volatile L4_Word_t*>(arc::HEAP_AREA + leaked * PAGE) = 1;
    leaked = leaked + 1;
    return Look(request, reply);
  }

  /** Takes a block for zeroed that has been used before, and is the only one of its size. */
  status_t Stale(const Request& request, Reply& reply) {
    for (int use = 0; use < 2; use++) {
      auto* block = static_cast<volatile L4_Word_t*>(heap::Allocate(LARGE));
      if (!block) return arc::STATUS_NO_MEMORY;
      DivideBy(block[0] + 1);
      block[0] = ~0u;
      heap::Free(const_cast<L4_Word_t*>(block));
    }
    return Look(request, reply);
  }

  /** Uses a block that it has freed, when another has been allocated since. */
  status_t Dangling(const Request& request, Reply& reply) {
    auto* block = static_cast<volatile L4_Word_t*>(heap::Allocate(64));
    if (!block) return arc::STATUS_NO_MEMORY;
    block[0] = 1;
    heap::Free(const_cast<L4_Word_t*>(block));
    auto* other = static_cast<volatile L4_Word_t*>(heap::Allocate(64));
    if (!other) return arc::STATUS_NO_MEMORY;
    other[0] = 0;
    DivideBy(block[0]);
    return Look(request, reply);
  }

  /** Takes for granted that a thread which it has started has done its work. */
  status_t Hasty(const Request& request, Reply& reply) {
    L4_ThreadId_t thread;
    const status_t status = process::NewThread([](void*) { arrived = 1; }, nullptr, stack + 256, thread);
    if (status != arc::STATUS_OK) return status;
    DivideBy(arrived);
    return Look(request, reply);
  }

  status_t Mistaken(const Request& request, Reply& reply) {
    reply.Put(Make(Recovered() ? static_cast<L4_Word_t>(MISTAKES) : request.Word(1)));
    return arc::STATUS_OK;
  }

  status_t Wordy(const Request&, Reply& reply) {
    for (L4_Word_t n = 0; n <= ANSWER; n++) reply.Put(n);
    return arc::STATUS_OK;
  }

  status_t Look(const Request&, Reply& reply) {
    reply.Put(count);
    reply.Put(mirror);
    reply.Put(leaked);
    return arc::STATUS_OK;
  }
};

BEGIN_HANDLERS(Fragile)
CONNECT_HANDLER(COUNT, Count)
CONNECT_HANDLER(BREAK, Break)
CONNECT_HANDLER(WILD, Wild)
CONNECT_HANDLER(OVERRUN, Overrun)
CONNECT_HANDLER(SLOW, Slow)
CONNECT_HANDLER(LEAK, Leak)
CONNECT_HANDLER(CHECK, Mistaken)
CONNECT_HANDLER(LOOK, Look)
CONNECT_HANDLER(WORDY, Wordy)
CONNECT_HANDLER(OPEN, Look)
CONNECT_HANDLER(USE, Look)
CONNECT_HANDLER(CLOSE, Look)
CONNECT_HANDLER(STALE, Stale)
CONNECT_HANDLER(DANGLING, Dangling)
CONNECT_HANDLER(HASTY, Hasty)
END_HANDLERS

}  // namespace

extern "C" int arc_main(int, char**) {
  static Fragile server;
  ArcServer::Run(server);
}
