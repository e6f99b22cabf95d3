/*
 * Terminal input and output as requests to the serial server, or to screen and keyboard.
 *
 * Here: which of them the machine has; cutting text into messages. Not here: what servers do with them (drivers/guest).
 */
#include "terminal.h"
#include "format.h"

namespace terminal {

namespace {

constexpr int LOOKUP_ATTEMPTS = 500;  // 5 s: servers may still be starting
constexpr L4_Word_t LOOKUP_PAUSE = 10'000;

/** What a terminal consists of: who shows text, who gives input, and how they are asked. */
struct Console {
  const char *output, *input;
  L4_Word_t write, read;
};
constexpr Console CONSOLES[] = {
    {"serial", "serial", arc::SERIAL_WRITE, arc::SERIAL_READ},
    {"text", "keyboard", arc::TEXT_WRITE, arc::KEYBOARD_READ},
};

/** The one that the machine has. */
const Console* console = nullptr;
L4_ThreadId_t output = L4_nilthread, input = L4_nilthread;

status_t FindServers() {
  if (console) return arc::STATUS_OK;
  status_t status = arc::STATUS_NOT_FOUND;
  for (int n = 0; n < LOOKUP_ATTEMPTS; n++) {
    for (const Console& each : CONSOLES) {
      status = process::Lookup(each.output, output);
      if (status == arc::STATUS_OK) status = process::Lookup(each.input, input);
      if (status == arc::STATUS_OK) console = &each;
      if (status != arc::STATUS_NOT_FOUND) return status;
    }
    L4_Sleep(LOOKUP_PAUSE);
  }
  return status;
}

/** Writes at most arc::DRIVER_BYTES_PER_MESSAGE bytes. */
status_t WriteMessage(const char* bytes, L4_Word_t count) {
  const status_t found = FindServers();
  if (found != arc::STATUS_OK) return found;
  memcpy(const_cast<L4_Word_t*>(L4_Utcb() + 2), bytes, count);
  L4_LoadMR(1, count);
  L4_LoadMR(0, L4_Tag(console->write, (count + 3) / 4 + 1).raw);
  const L4_MsgTag_t tag = L4_Call(output);
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

status_t PrintText(const char* bytes, L4_Word_t count) {
  Output output;
  for (L4_Word_t n = 0; n < count; n++) output.Put(bytes[n]);
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
  const status_t found = FindServers();
  if (found != arc::STATUS_OK) return found;
  L4_LoadMR(0, L4_Tag(console->read, 0).raw);
  const L4_MsgTag_t tag = L4_Call(input);
  if (tag.Failed()) return arc::STATUS_FAILED;
  const status_t status = L4_StoreMR(1);
  if (status != arc::STATUS_OK) return status;
  count = L4_StoreMR(2);
  if (count == 0 || count > arc::DRIVER_BYTES_PER_MESSAGE) return arc::STATUS_FAILED;
  memcpy(bytes, const_cast<const L4_Word_t*>(L4_Utcb() + 3), count);
  return status;
}

}  // namespace terminal
