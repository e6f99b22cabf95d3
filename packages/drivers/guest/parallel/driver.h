/*
 * What the three parallel-port drivers share: the protocol and the port.
 *
 * Here: PARALLEL_WRITE, the port's registers, ending a pulse that a crash has left. Not here: writeData, in which the
 * drivers differ (naive.cpp, thesis.cpp, exact.cpp).
 * Thesis 5.1.2; the thesis "lowers" STROBE, which is the pin's level: in the control register 1 asserts it.
 */
#pragma once
#include "arc_server.h"
#include "io.h"

constexpr unsigned short DATAPORT = pc::LPT_PORT + pc::LPT_DATA;
constexpr unsigned short STATUSPORT = pc::LPT_PORT + pc::LPT_STATUS;
constexpr unsigned short CONTROLPORT = pc::LPT_PORT + pc::LPT_CONTROL;
constexpr unsigned char STROBE = pc::LPT_CONTROL_STROBE;

/** Microseconds that STROBE stays asserted, and stays de-asserted before the next byte. */
constexpr L4_Word_t SEND_DELAY = 5'000;

class ParallelDriver : public ArcServer {
 public:
  status_t Initialize() override;
  status_t Exit() override;

 protected:
  status_t Service(const Request& request, Reply& reply) override;
  virtual status_t writeData(L4_Word_t sequence, const volatile unsigned char* buffer, L4_Word_t count) = 0;
  /** Ends a pulse, and waits until another may begin, whatever was going on. May be interrupted and done again. */
  static void FinishPulse();

 private:
  status_t Write(const Request& request, Reply& reply);
};
