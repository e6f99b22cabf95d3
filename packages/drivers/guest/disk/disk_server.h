/*
 * What all disks share: sectors by sessions (thesis 5.1.5).
 *
 * Here: SESSION_GET and SESSION_PUT of sectors, DISK_INFO, DISK_FLUSH. Not here: a disk (-> pata.cpp, ramdisk.cpp).
 * The client names the sectors in every request, and what it puts lies in shared pages until it is answered: serving a
 * request again changes nothing.
 */
#pragma once
#include "session_server.h"

constexpr L4_Word_t SECTOR_SIZE = 512;

/** Why a disk could not do something; `error` is 0 when it could. */
struct DiskError {
  /** Bits of an ATA drive's error register. */
  L4_Word_t error = 0;
  /** The first bad sector. */
  L4_Word_t sector = 0;
};

class DiskServer : public SessionServer {
 public:
  status_t Exit() override;

 protected:
  virtual L4_Word_t Sectors() const = 0;
  virtual DiskError Read(L4_Word_t sector, L4_Word_t count, char* to) = 0;
  virtual DiskError Write(L4_Word_t sector, L4_Word_t count, const char* from) = 0;
  virtual DiskError Flush() = 0;

  status_t HandleGet(SessionControlBlock& session, const Request& request, Reply& reply) override;
  status_t HandlePut(SessionControlBlock& session, const Request& request, Reply& reply) override;
  status_t IpcHandler(const Request& request, Reply& reply) override;

 private:
  status_t Info(const Request& request, Reply& reply);
  status_t FlushAll(const Request& request, Reply& reply);
  bool Fits(const SessionControlBlock& session, const Request& request) const;
};
