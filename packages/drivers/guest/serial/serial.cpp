/*
 * The serial server: an interrupt-driven driver of COM1 that loses and repeats nothing when it crashes.
 *
 * Here: its protocol (SERIAL_WRITE, SERIAL_READ).
 * Not here: the chip and the persistent streams (-> device.cpp, ../input.h), what is claimed (-> packages/drivers/README.md).
 */
#include "device.h"
#include "waiters.h"

namespace {

class SerialServer final : public ArcServer {
 public:
  status_t Initialize() override {
    device::Initialize();
    waiters::Refuse();
    return process::AttachInterrupt(pc::UART_IRQ);
  }
  status_t Exit() override { return arc::STATUS_OK; }
  status_t Recover(L4_Word_t reason, const Frame& frame) override;

 protected:
  status_t Service(const Request& request, Reply& reply) override;
  void OnInterrupt(L4_Word_t irq) override;

 private:
  status_t Write(const Request& request, Reply& reply);
  status_t Read(const Request& request, Reply& reply);
};

BEGIN_HANDLERS(SerialServer)
CONNECT_HANDLER(arc::SERIAL_WRITE, Write)
CONNECT_HANDLER(arc::SERIAL_READ, Read)
END_HANDLERS

status_t SerialServer::Write(const Request& request, Reply& reply) {
  const volatile unsigned char* bytes;
  L4_Word_t count;
  if (!request.GetBytes(bytes, count)) return arc::STATUS_INVALID;
  device::Send(request.Sequence(), bytes, count);
  device::input.Deliver(device::Drain);  // what was typed meanwhile
  reply.Put(count);
  return arc::STATUS_OK;
}

status_t SerialServer::Read(const Request& request, Reply&) {
  device::input.Ask(request.Sender());
  device::input.Deliver(device::Drain);
  return NO_REPLY;
}

void SerialServer::OnInterrupt(L4_Word_t) { device::input.Deliver(device::Drain); }

status_t SerialServer::Recover(L4_Word_t, const Frame&) {
  device::Settle();
  device::input.Recover();
  return arc::STATUS_OK;
}

}  // namespace

extern "C" int arc_main(int, char**) {
  static SerialServer server;
  ArcServer::Run(server);
}
