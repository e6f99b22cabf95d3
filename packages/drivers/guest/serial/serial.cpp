/*
 * The serial server: an interrupt-driven driver of COM1 that loses and repeats nothing when it crashes.
 *
 * Here: its protocol (SERIAL_WRITE, SERIAL_READ), the reader that waits for input.
 * Not here: the chip and the persistent streams (-> device.cpp), what is claimed (-> packages/drivers/README.md).
 */
#include "device.h"
#include "io.h"

namespace {

/** Waits for input; nil when nobody does. */
volatile L4_Word_t reader IS_PERSISTENT = x2::NIL_THREAD;

/** Answers somebody who has waited since an earlier request. False when he does not wait (any more). */
bool Answer(L4_Word_t thread, L4_Word_t words) {
  L4_LoadMR(0, L4_Tag(0, words).raw);
  return !L4_Reply({thread}).Failed();
}

/** Gives the reader the first `count` bytes of the input. */
bool AnswerWithInput(L4_Word_t count) {
  L4_LoadMR(1, arc::STATUS_OK);
  L4_LoadMR(2, count);
  auto* bytes = reinterpret_cast<volatile unsigned char*>(L4_Utcb() + 3);
  for (L4_Word_t n = 0; n < count; n++) bytes[n] = device::Peek(n);
  return Answer(reader, 2 + (count + 3) / 4);
}

class SerialServer final : public ArcServer {
 public:
  status_t Initialize() override {
    device::Initialize();
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
  void Deliver();
  void FinishDelivery();
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
  Deliver();  // of what was typed meanwhile
  reply.Put(count);
  return arc::STATUS_OK;
}

status_t SerialServer::Read(const Request& request, Reply&) {
  const L4_Word_t sender = request.Sender().raw;
  if (reader != x2::NIL_THREAD && reader != sender) {  // one reader: the newer one takes over
    L4_LoadMR(1, arc::STATUS_BUSY);
    Answer(reader, 1);
  }
  reader = sender;
  Deliver();
  return NO_REPLY;
}

void SerialServer::OnInterrupt(L4_Word_t) { Deliver(); }

/** Gives the reader what there is. A reader that does not wait is forgotten, and the bytes are kept for another. */
void SerialServer::Deliver() {
  device::Drain();
  while (reader != x2::NIL_THREAD && device::Available() > 0) {
    L4_Word_t count = device::Available();
    if (count > arc::DRIVER_BYTES_PER_MESSAGE) count = arc::DRIVER_BYTES_PER_MESSAGE;
    device::IntendToConsume(count);
    if (AnswerWithInput(count)) {
      FinishDelivery();
    } else {
      device::IntendToConsume(0);
      reader = x2::NIL_THREAD;
    }
    device::Drain();  // a full ring has room again
  }
}

/** The reader goes first: while it is set, the answer may not have been sent. */
void SerialServer::FinishDelivery() {
  reader = x2::NIL_THREAD;
  device::Consume();
}

status_t SerialServer::Recover(L4_Word_t, const Frame&) {
  device::Settle();
  if (const L4_Word_t count = device::Intended(); count > 0) {
    // Was the answer sent? A reader that still waits has not got it; one that has it does not wait.
    if (reader != x2::NIL_THREAD) AnswerWithInput(count);
    FinishDelivery();
  }
  return arc::STATUS_OK;
}

}  // namespace

extern "C" int arc_main(int, char**) {
  static SerialServer server;
  ArcServer::Run(server);
}
