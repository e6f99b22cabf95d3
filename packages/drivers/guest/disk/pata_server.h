/*
 * The PATA driver: a drive behind the disk's requests.
 *
 * Here: starting. Not here: what is done after a crash (-> pata.cpp: the drive is reset; pata_naive.cpp: nothing).
 */
#pragma once
#include "drive.h"

class PataServer : public DiskServer {
 public:
  explicit PataServer(volatile L4_Word_t& sectors) : sectors_(sectors) {}
  status_t Initialize() override {
    const status_t status = process::AttachInterrupt(pc::ATA_PRIMARY_IRQ);
    if (status != arc::STATUS_OK) return status;
    if (!drive::Reset()) return arc::STATUS_NOT_FOUND;
    sectors_ = drive::Identify();
    return sectors_ ? arc::STATUS_OK : arc::STATUS_NOT_FOUND;
  }

 protected:
  L4_Word_t Sectors() const override { return sectors_; }
  DiskError Read(L4_Word_t sector, L4_Word_t count, char* to) override { return drive::Read(sector, count, to); }
  DiskError Write(L4_Word_t sector, L4_Word_t count, const char* from) override {
    return drive::Write(sector, count, from);
  }
  DiskError Flush() override { return drive::Flush(); }

 private:
  volatile L4_Word_t& sectors_;
};
