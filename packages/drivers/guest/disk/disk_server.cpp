/*
 * Requests for sectors, checked and handed on.
 */
#include "disk_server.h"

BEGIN_IPC_HANDLERS(DiskServer)
CONNECT_HANDLER(arc::DISK_INFO, Info)
CONNECT_HANDLER(arc::DISK_FLUSH, FlushAll)
END_HANDLERS

namespace {

status_t Answer(const DiskError& error, Reply& reply) {
  if (!error.error) return arc::STATUS_OK;
  reply.Put(error.error);
  reply.Put(error.sector);
  return arc::STATUS_FAILED;
}

}  // namespace

status_t DiskServer::Exit() { return arc::STATUS_OK; }

bool DiskServer::Fits(const SessionControlBlock& session, const Request& request) const {
  if (request.Words() < 2) return false;
  const L4_Word_t sector = request.Word(1), count = request.Word(2);
  return count > 0 && count <= session.pages * (4096 / SECTOR_SIZE) && count <= Sectors() &&
         sector <= Sectors() - count;
}

status_t DiskServer::HandleGet(SessionControlBlock& session, const Request& request, Reply& reply) {
  if (!Fits(session, request)) return arc::STATUS_INVALID;
  return Answer(Read(request.Word(1), request.Word(2), session.base), reply);
}

status_t DiskServer::HandlePut(SessionControlBlock& session, const Request& request, Reply& reply) {
  if (!Fits(session, request)) return arc::STATUS_INVALID;
  return Answer(Write(request.Word(1), request.Word(2), session.base), reply);
}

status_t DiskServer::Info(const Request&, Reply& reply) {
  reply.Put(Sectors());
  return arc::STATUS_OK;
}

status_t DiskServer::FlushAll(const Request&, Reply& reply) { return Answer(Flush(), reply); }
