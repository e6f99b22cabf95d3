/*
 * Sessions of a server: blocks in persistent memory, and the dispatch of their requests.
 *
 * Here: the order in which a block, its pages and the offer to the client come and go, so that a replay after a crash anywhere
 * does the rest: a block is claimed first and cleared last, and shared pages have the block's address as their key.
 */
#include "session_server.h"

namespace {

SessionControlBlock blocks[arc::SESSION_LIMIT] IS_PERSISTENT = {};

L4_Word_t KeyOf(const SessionControlBlock& session) { return reinterpret_cast<L4_Word_t>(&session); }

bool FromArt(const Request& request) {
  const L4_Word_t number = request.Sender().raw >> x2::THREAD_VERSION_BITS;
  return number >= arc::ART_THREAD && number <= arc::ART_THREAD + arc::PROCESS_LIMIT;
}

}  // namespace

SessionControlBlock& SessionServer::Block(L4_Word_t n) { return blocks[n]; }

SessionControlBlock* SessionServer::Search(L4_ThreadId_t client, L4_Word_t key) {
  for (SessionControlBlock& block : blocks)
    if (block.client == client && block.key == key) return &block;
  return nullptr;
}

SessionControlBlock* SessionServer::Register(L4_ThreadId_t client, L4_Word_t key, L4_Word_t pages) {
  SessionControlBlock* session = Search(client, key);
  if (session && session->pages != pages) {
    Deregister(*session);
    session = nullptr;
  }
  for (SessionControlBlock& block : blocks) {
    if (session) break;
    if (block.client != L4_nilthread) continue;
    block.key = key;
    block.pages = pages;
    block.base = nullptr;
    for (L4_Word_t& word : block.user) word = 0;
    asm volatile("" ::: "memory");  // the block is somebody's only when the rest is in it
    block.client = client;
    session = &block;
  }
  if (!session) return nullptr;
  char* base;
  if (shared::Allocate(KeyOf(*session), pages, base) != arc::STATUS_OK ||
      shared::Offer(base, client, x2::FPAGE_R | x2::FPAGE_W) != arc::STATUS_OK) {
    Deregister(*session);
    return nullptr;
  }
  session->base = base;
  return session;
}

void SessionServer::Deregister(SessionControlBlock& session) {
  char* base = session.base;
  // Without a base it has failed between getting the pages and noting where: the key finds them.
  if (base || shared::Allocate(KeyOf(session), session.pages, base) == arc::STATUS_OK) shared::Release(base);
  session.base = nullptr;
  asm volatile("" ::: "memory");
  session.client = L4_nilthread;
}

status_t SessionServer::HandleConnect(SessionControlBlock&, const Request&, Reply&) { return arc::STATUS_OK; }
status_t SessionServer::HandleDisconnect(SessionControlBlock&) { return arc::STATUS_OK; }
status_t SessionServer::HandleBegin(SessionControlBlock&, const Request&, Reply&) { return arc::STATUS_OK; }
status_t SessionServer::HandleEnd(SessionControlBlock&, const Request&, Reply&) { return arc::STATUS_OK; }
status_t SessionServer::HandleGet(SessionControlBlock&, const Request&, Reply&) { return arc::STATUS_INVALID; }
status_t SessionServer::HandlePut(SessionControlBlock&, const Request&, Reply&) { return arc::STATUS_INVALID; }
status_t SessionServer::IpcHandler(const Request&, Reply&) { return arc::STATUS_INVALID; }

status_t SessionServer::Connect(const Request& request, Reply& reply) {
  const L4_Word_t pages = request.Word(2);
  if (request.Words() < 2 || request.Word(1) == 0 || pages < 1 || pages > arc::SESSION_PAGES)
    return arc::STATUS_INVALID;
  SessionControlBlock* session = Register(request.Sender(), request.Word(1), pages);
  if (!session) return arc::STATUS_NO_MEMORY;
  reply.Put(reinterpret_cast<L4_Word_t>(session->base));
  const status_t status = HandleConnect(*session, request.Behind(1), reply);
  if (status != arc::STATUS_OK) Deregister(*session);
  return status;
}

status_t SessionServer::EndAllOf(L4_ThreadId_t client) {
  for (SessionControlBlock& block : blocks) {
    if (block.client != client) continue;
    if (block.base) HandleDisconnect(block);
    Deregister(block);
  }
  return arc::STATUS_OK;
}

status_t SessionServer::Service(const Request& request, Reply& reply) {
  const L4_Word_t label = request.Label();
  if (label == arc::SESSION_CONNECT) return Connect(request, reply);
  if (label == arc::SESSION_CLIENT_ENDED)
    return FromArt(request) ? EndAllOf({request.Word(1)}) : arc::STATUS_REFUSED;
  if (label < arc::SESSION_CONNECT || label > arc::SESSION_CLIENT_ENDED) return IpcHandler(request, reply);
  SessionControlBlock* session = request.Words() < 1 ? nullptr : Search(request.Sender(), request.Word(1));
  // A replay may find that it has ended the session already.
  if (!session && label == arc::SESSION_DISCONNECT) return arc::STATUS_OK;
  if (!session || !session->base) return arc::STATUS_NOT_FOUND;
  const Request own = request.Behind(1);
  switch (label) {
    case arc::SESSION_BEGIN:
      return HandleBegin(*session, own, reply);
    case arc::SESSION_END:
      return HandleEnd(*session, own, reply);
    case arc::SESSION_GET:
      return HandleGet(*session, own, reply);
    case arc::SESSION_PUT:
      return HandlePut(*session, own, reply);
    default: {  // SESSION_DISCONNECT
      const status_t status = HandleDisconnect(*session);
      Deregister(*session);
      return status;
    }
  }
}
