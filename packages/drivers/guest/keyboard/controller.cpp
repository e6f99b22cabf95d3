/*
 * Registers of the 8042.
 */
#include "controller.h"
#include "l4.h"

namespace controller {

namespace {

/** How often the status is read for the controller to take a byte: far longer than it needs. */
constexpr int TRIES = 100'000;
constexpr L4_Word_t MODE = pc::KBC_MODE_KEYBOARD_INTERRUPT | pc::KBC_MODE_SYSTEM | pc::KBC_MODE_AUX_DISABLE;

void Write(unsigned short port, L4_Word_t value) {
  for (int n = 0; n < TRIES && io::In8(pc::KBC_COMMAND_PORT) & pc::KBC_STATUS_IBF; n++) {}
  io::Out8(port, static_cast<unsigned char>(value));
}

}  // namespace

void Initialize() {
  Write(pc::KBC_COMMAND_PORT, pc::KBC_WRITE_MEMORY);  // also takes back a command whose parameter never came
  Write(pc::KBC_DATA_PORT, MODE);
}

bool HasByte() {
  for (;;) {
    const L4_Word_t status = io::In8(pc::KBC_COMMAND_PORT);
    if (!(status & pc::KBC_STATUS_OBF)) return false;
    if (!(status & pc::KBC_STATUS_AUX)) return true;
    io::In8(pc::KBC_DATA_PORT);
  }
}

void Send(unsigned char byte) { Write(pc::KBC_DATA_PORT, byte); }

}  // namespace controller
