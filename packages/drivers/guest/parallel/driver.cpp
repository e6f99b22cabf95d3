/*
 * The protocol side of the parallel-port drivers.
 *
 * Here: one handler; the printer selected and out of reset. Not here: sending bytes.
 */
#include "driver.h"

BEGIN_HANDLERS(ParallelDriver)
CONNECT_HANDLER(arc::PARALLEL_WRITE, Write)
END_HANDLERS

status_t ParallelDriver::Initialize() {
  // The printer out of reset already: an earlier life was here, and this is a cold start, perhaps amid a pulse.
  if (io::In8(CONTROLPORT) & pc::LPT_CONTROL_NINIT) FinishPulse();
  io::Out8(CONTROLPORT, pc::LPT_CONTROL_NINIT | pc::LPT_CONTROL_SLCT_IN);
  return arc::STATUS_OK;
}

status_t ParallelDriver::Exit() { return arc::STATUS_OK; }

status_t ParallelDriver::Write(const Request& request, Reply& reply) {
  const volatile unsigned char* bytes;
  L4_Word_t count;
  if (!request.GetBytes(bytes, count)) return arc::STATUS_INVALID;
  const status_t status = writeData(request.Sequence(), bytes, count);
  if (status == arc::STATUS_OK) reply.Put(count);
  return status;
}

void ParallelDriver::FinishPulse() {
  L4_Sleep(SEND_DELAY);  // of the pulse, or of the pause after one: nobody knows when it began
  const unsigned char control = io::In8(CONTROLPORT);
  if (!(control & STROBE)) return;
  io::Out8(CONTROLPORT, control & ~STROBE);
  L4_Sleep(SEND_DELAY);
}
