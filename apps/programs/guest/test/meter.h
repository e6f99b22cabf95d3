/*
 * meter: what the benches ask of a server. Test programs.
 *
 * Here: ECHO answers with a count and the request's words; WRITE writes a word into each of the first n pages of its persistent
 * memory. Not here: the strength of those pages (meter.cpp, meter_plain.cpp). It recovers: nothing needs to be done for it.
 */
#pragma once
#include "arc_server.h"

namespace meter {

constexpr L4_Word_t ECHO = 0x710, WRITE = 0x711;
constexpr L4_Word_t PAGES = 16;

struct alignas(4096) Page {
  volatile L4_Word_t words[1024];
};
class Meter final : public ArcServer {
 public:
  /** `served` is plain, `pages` as the program declares them. */
  Meter(volatile L4_Word_t& served, Page* pages) : served_(served), pages_(pages) {}
  status_t Initialize() override { return arc::STATUS_OK; }
  status_t Exit() override { return arc::STATUS_OK; }
  status_t Recover(L4_Word_t, const Frame&) override { return arc::STATUS_OK; }

 protected:
  status_t Service(const Request& request, Reply& reply) override {
    if (request.Label() == WRITE) return Write(request);
    if (request.Label() != ECHO) return arc::STATUS_INVALID;
    served_ = served_ + 1;
    reply.Put(served_);
    for (L4_Word_t n = 1; n <= request.Words() && n <= 32; n++) reply.Put(request.Word(n));
    return arc::STATUS_OK;
  }

 private:
  status_t Write(const Request& request) {
    if (request.Word(1) > PAGES) return arc::STATUS_INVALID;
    for (L4_Word_t n = 0; n < request.Word(1); n++) pages_[n].words[n] = pages_[n].words[n] + 1;
    return arc::STATUS_OK;
  }

  volatile L4_Word_t& served_;
  Page* pages_;
};

}  // namespace meter
