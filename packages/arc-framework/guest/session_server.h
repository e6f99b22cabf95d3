/*
 * SessionServer: the base of servers whose clients share pages with them (thesis, listing 4.5).
 *
 * Here: who is connected, in persistent memory, and the handlers of the session's requests. After a restart with its memory
 * the sessions are simply there, pages and all. Not here: the other side (-> session.h), requests of another kind: a server
 * answers them in IpcHandler (BEGIN_IPC_HANDLERS).
 */
#pragma once
#include "arc_server.h"
#include "shared.h"

/** One session. `client` is nil in a free block; `base` is null until the pages are there. */
struct SessionControlBlock {
  L4_ThreadId_t client;
  /** Names the session among the client's. */
  L4_Word_t key;
  /** The shared pages in this program. */
  char* base;
  L4_Word_t pages;
  /** The server's own; zero when the session begins. */
  L4_Word_t user[4];
};

class SessionServer : public ArcServer {
 protected:
  /** The session of a client; null if there is none. */
  SessionControlBlock* Search(L4_ThreadId_t client, L4_Word_t key);
  /** A block with pages that the client may map; the one that there is, if it has as many. Null: there is no room. */
  SessionControlBlock* Register(L4_ThreadId_t client, L4_Word_t key, L4_Word_t pages);
  /** Gives the pages back, then the block. */
  void Deregister(SessionControlBlock& session);
  /** Calls `visit` for each session. */
  template <typename Visit>
  void ForSessions(Visit visit) {
    for (L4_Word_t n = 0; n < arc::SESSION_LIMIT; n++)
      if (Block(n).base) visit(Block(n));
  }

  /** A session has begun; an error ends it at once. May be called again for one that is known. */
  virtual status_t HandleConnect(SessionControlBlock& session, const Request& request, Reply& reply);
  /** A session ends: by the client's wish, or because the client has ended. */
  virtual status_t HandleDisconnect(SessionControlBlock& session);
  /** Requests; Word(1) is the first word that the client has sent. Begin and End may be ignored, Get and Put are refused. */
  virtual status_t HandleBegin(SessionControlBlock& session, const Request& request, Reply& reply);
  virtual status_t HandleEnd(SessionControlBlock& session, const Request& request, Reply& reply);
  virtual status_t HandleGet(SessionControlBlock& session, const Request& request, Reply& reply);
  virtual status_t HandlePut(SessionControlBlock& session, const Request& request, Reply& reply);
  /** Every request that is none of a session. */
  virtual status_t IpcHandler(const Request& request, Reply& reply);

  status_t Service(const Request& request, Reply& reply) override;

 private:
  static SessionControlBlock& Block(L4_Word_t n);
  status_t Connect(const Request& request, Reply& reply);
  status_t EndAllOf(L4_ThreadId_t client);
};

/** Defines Class::IpcHandler; CONNECT_HANDLER and END_HANDLERS as for an ArcServer. */
#define BEGIN_IPC_HANDLERS(Class)                                        \
  status_t Class::IpcHandler(const Request& request, Reply& reply) {     \
    switch (request.Label()) {
