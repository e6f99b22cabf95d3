/*
 * ArcServer: the base of every server. It serves one request at a time and survives crashes in the middle of one.
 *
 * Here: the mandatory operations (thesis, listing 4.1), the handler macros (4.2), persistent memory (4.5.2).
 * Not here: restarting (P3 does it), what is persistent (each server's choice).
 * After a failure P3 renews everything but IS_PERSISTENT data and enters the program again: Recover runs, then the open
 * request is served once more. A server repeats side effects never, if it writes intent, acts, commits (drivers/README.md).
 */
#pragma once
#include "process.h"

/** Keeps a variable across hot restarts. Its initial value must be a constant: constructors run on every start. */
#define IS_PERSISTENT __attribute__((section(".pdata"), require_constant_initialization))

/** What a handler returns when the answer is sent later, by itself. */
constexpr status_t NO_REPLY = 0xffffffff;

/** The request being served, as the kernel recorded it: the same words on every replay. */
class Request {
 public:
  explicit Request(const volatile RestartPage& page, L4_Word_t skipped = 0) : page_(page), skipped_(skipped) {}
  /** The same request without its first `words` words. */
  Request Behind(L4_Word_t words) const { return Request(page_, skipped_ + words); }
  /** Counts requests; never the same for two of them, always the same for a replay. */
  L4_Word_t Sequence() const { return page_.sequence; }
  L4_ThreadId_t Sender() const { return {page_.sender.raw}; }
  L4_Word_t Label() const { return page_.tag.raw >> 16; }
  L4_Word_t Words() const { return (page_.tag.raw & 0x3f) < skipped_ ? 0 : (page_.tag.raw & 0x3f) - skipped_; }
  /** MRn, 1 <= n <= 63. */
  L4_Word_t Word(L4_Word_t n) const { return page_.mr1[skipped_ + n - 1]; }
  /** Count in MR1, bytes from MR2: the form of all writes. False when the count does not fit the message. */
  bool GetBytes(const volatile unsigned char*& bytes, L4_Word_t& count) const;
  bool IsInterrupt() const { return page_.sender.raw >> x2::THREAD_VERSION_BITS < x2::SYSTEM_BASE; }

 private:
  const volatile RestartPage& page_;
  L4_Word_t skipped_;
};

/** The words of an answer after its status. */
class Reply {
 public:
  void Put(L4_Word_t word) { words_[count_++] = word; }
  L4_Word_t Words() const { return count_; }
  /** Puts status and words into the message registers. */
  void Load(status_t status) const;

 private:
  L4_Word_t words_[62];
  L4_Word_t count_ = 0;
};

/** What a message of a server's protocol may be. Constant data: the P3 reads it where the program cannot write. */
struct ProtocolRule {
  L4_Word_t label;
  L4_Word_t least, most;  ///< words of the request
  L4_Word_t answer;       ///< words of the answer at most, its status not counted
  L4_Word_t from, to;     ///< states of the conversation with the client, 0 at first: before, and after an answer STATUS_OK
};
static_assert(sizeof(ProtocolRule) == 4 * arc::RULE_WORDS);

struct ProtocolRules {
  const ProtocolRule* rules;
  L4_Word_t count;
};

/** In ProtocolRule::from: any state; in ProtocolRule::to: the state stays. */
constexpr L4_Word_t ANY_STATE = 0xffffffff;

class ArcServer {
 public:
  /** Brings the device up; once in the life of a server's persistent memory. An error ends the program. */
  virtual status_t Initialize() = 0;
  virtual status_t Exit() = 0;
  /**
   * Brings device and persistent memory to a state in which the open request can be served (again). Runs on the recovery
   * stack, `frame` is what was interrupted. May itself be crashed anywhere. An error means: restart without my memory.
   */
  virtual status_t Recover(L4_Word_t reason, const Frame& frame);

  /** Runs a server for ever: what arc_main calls. */
  [[noreturn]] static void Run(ArcServer& server);

 protected:
  virtual status_t Service(const Request& request, Reply& reply) = 0;
  /** An interrupt; it is acknowledged when this returns. */
  virtual void OnInterrupt(L4_Word_t irq);
  /** What must hold of its memory whenever no request is being served: asked before each answer and each Recover. */
  virtual bool Invariant() { return true; }
  /** What its clients may ask and what it may answer, the same in all its life; without rules nobody looks. */
  virtual ProtocolRules Protocol() const { return {nullptr, 0}; }
  /** The request being served is a replay: an earlier life of the server has begun it. */
  bool Recovered() const { return recovered_; }

 private:
  [[noreturn]] void MainLoop();
  L4_ThreadId_t Serve();
  status_t ServeChecked(const Request& request, Reply& reply);
  status_t ServeMonitored(const Request& request, Reply& reply);
  bool recovered_ = false;
  /** Asked for once in a life, so that a server without rules does not pay for them. */
  ProtocolRules rules_ = {nullptr, 0};
  /** What becomes of the open request when the main loop begins. */
  enum class OpenRequest {
    SERVE,
    /** It is older than this server's memory (a cold start): whatever it has done, it has failed. */
    FAIL,
    /** The policy has given it up: even as an interrupt it is answered and not served. */
    QUARANTINE,
  };
  OpenRequest open_ = OpenRequest::SERVE;
};

/** Defines Class::Service, which calls one handler per label: status_t Method(const Request&, Reply&). */
#define BEGIN_HANDLERS(Class)                                              \
  status_t Class::Service(const Request& request, Reply& reply) {          \
    switch (request.Label()) {
#define CONNECT_HANDLER(label, Method) \
  case label:                          \
    return Method(request, reply);
#define END_HANDLERS             \
  default:                       \
    return arc::STATUS_INVALID;  \
    }                            \
    }
