/*
 * Terminal input and output as requests to the serial server.
 *
 * Here: cutting text into messages. Not here: what the server does with them (drivers/guest/serial).
 */
#include "terminal.h"
#include "format.h"

namespace terminal {

namespace {

constexpr int LOOKUP_ATTEMPTS = 500;  // 5 s: servers may still be starting

L4_ThreadId_t server = L4_nilthread;

status_t FindServer() {
  if (server != L4_nilthread) return arc::STATUS_OK;
  return process::Lookup("serial", server, LOOKUP_ATTEMPTS);
}

/** Writes at most arc::DRIVER_BYTES_PER_MESSAGE bytes. */
status_t WriteMessage(const char* bytes, L4_Word_t count) {
  const status_t found = FindServer();
  if (found != arc::STATUS_OK) return found;
  memcpy(const_cast<L4_Word_t*>(L4_Utcb() + 2), bytes, count);
  L4_LoadMR(1, count);
  L4_LoadMR(0, L4_Tag(arc::SERIAL_WRITE, (count + 3) / 4 + 1).raw);
  const L4_MsgTag_t tag = L4_Call(server);
  return tag.Failed() ? arc::STATUS_FAILED : L4_StoreMR(1);
}

/** Collects bytes and sends them in messages as large as can be. */
class Output final : public Sink {
 public:
  void Put(char byte) override {
    if (byte == '\n') Add('\r');
    Add(byte);
  }
  status_t Flush() {
    const L4_Word_t count = count_;
    count_ = 0;
    if (count == 0 || status_ != arc::STATUS_OK) return status_;
    return status_ = WriteMessage(bytes_, count);
  }

 private:
  void Add(char byte) {
    if (count_ == sizeof bytes_) Flush();
    bytes_[count_++] = byte;
  }
  char bytes_[arc::DRIVER_BYTES_PER_MESSAGE];
  L4_Word_t count_ = 0;
  status_t status_ = arc::STATUS_OK;
};

}  // namespace

status_t Print(const char* format, ...) {
  Output output;
  __builtin_va_list arguments;
  __builtin_va_start(arguments, format);
  Format(output, format, arguments);
  __builtin_va_end(arguments);
  return output.Flush();
}

status_t Write(const char* bytes, L4_Word_t count) {
  while (count > 0) {
    const L4_Word_t part = count < arc::DRIVER_BYTES_PER_MESSAGE ? count : arc::DRIVER_BYTES_PER_MESSAGE;
    const status_t status = WriteMessage(bytes, part);
    if (status != arc::STATUS_OK) return status;
    bytes += part;
    count -= part;
  }
  return arc::STATUS_OK;
}

status_t Read(char* bytes, L4_Word_t& count) {
  const status_t found = FindServer();
  if (found != arc::STATUS_OK) return found;
  L4_LoadMR(0, L4_Tag(arc::SERIAL_READ, 0).raw);
  const L4_MsgTag_t tag = L4_Call(server);
  if (tag.Failed()) return arc::STATUS_FAILED;
  const status_t status = L4_StoreMR(1);
  if (status != arc::STATUS_OK) return status;
  count = L4_StoreMR(2);
  if (count == 0 || count > arc::DRIVER_BYTES_PER_MESSAGE) return arc::STATUS_FAILED;
  memcpy(bytes, const_cast<const L4_Word_t*>(L4_Utcb() + 3), count);
  return status;
}

}  // namespace terminal
