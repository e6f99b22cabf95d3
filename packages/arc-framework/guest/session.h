/*
 * Session: a client's connection to a server, with pages that both see (thesis, listing 4.4).
 *
 * Here: connecting, and the four requests. The client fills the shared pages and puts, or gets and reads them; Begin and End
 * say what the requests between them concern. Each request is one call; a server that fails meanwhile serves it again, and the
 * pages survive. A session may be a global with IS_PERSISTENT: it is a constant until it is connected.
 * Not here: the other side (-> session_server.h), how the pages come to both (-> shared.h).
 */
#pragma once
#include "shared.h"

class Session {
 public:
  constexpr Session() = default;
  /**
   * Connects to a server; `pages` pages are shared, arc::SESSION_PAGES at most. May be repeated at any time: a server that
   * remembers the session gives the same pages, one that has forgotten it new ones, and here they lie at the same address.
   */
  status_t Connect(L4_ThreadId_t server, L4_Word_t pages = 1);
  /** Both sides let the pages go. */
  status_t Disconnect();
  /** Where the shared pages lie here; null before Connect. */
  char* GetBaseAddress() const { return base_; }
  /** Bytes that are shared. */
  L4_Word_t GetSize() const { return pages_ << 12; }
  L4_ThreadId_t GetPeer() const { return peer_; }

  /**
   * Requests. `send` holds up to arc::SESSION_WORDS words for the server; `receive` gets those of its answer behind the
   * status, zeroes where there are fewer than `rcount`.
   */
  status_t Begin(const L4_Word_t* send = nullptr, L4_Word_t scount = 0, L4_Word_t* receive = nullptr,
                 L4_Word_t rcount = 0) {
    return Call(arc::SESSION_BEGIN, send, scount, receive, rcount);
  }
  status_t End(const L4_Word_t* send = nullptr, L4_Word_t count = 0) {
    return Call(arc::SESSION_END, send, count, nullptr, 0);
  }
  status_t Get(const L4_Word_t* send, L4_Word_t scount, L4_Word_t* receive = nullptr, L4_Word_t rcount = 0) {
    return Call(arc::SESSION_GET, send, scount, receive, rcount);
  }
  status_t Put(const L4_Word_t* send, L4_Word_t scount, L4_Word_t* receive = nullptr, L4_Word_t rcount = 0) {
    return Call(arc::SESSION_PUT, send, scount, receive, rcount);
  }

 private:
  status_t Call(L4_Word_t label, const L4_Word_t* send, L4_Word_t scount, L4_Word_t* receive, L4_Word_t rcount);
  /** Names this session among the client's: there is one object for each. */
  L4_Word_t Key() const { return reinterpret_cast<L4_Word_t>(this); }

  L4_ThreadId_t peer_{x2::NIL_THREAD};
  char* base_ = nullptr;
  L4_Word_t pages_ = 0;
};
