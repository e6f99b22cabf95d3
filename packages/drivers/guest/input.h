/*
 * The input of a device on its way to whoever reads it: bytes in order, none lost or repeated by a crash of the driver.
 *
 * Here: a ring in persistent memory, taking a byte out of a chip, the one reader that waits, the answer to it.
 * Not here: which chip (-> serial/device.cpp, keyboard/keyboard.cpp), what is claimed (-> packages/drivers/README.md).
 * Counters only grow (modulo 2^32); a byte's number is its place in the stream.
 */
#pragma once
#include "arc_server.h"
#include "io.h"

constexpr L4_Word_t INPUT_RING = 1024;
/** What a chip's data register and the port above it, read by one instruction, never are. */
constexpr unsigned short INPUT_EMPTY = 0xffff;

/** Everything that is kept of the input. Slots from `taken` up to `received` hold a byte, the others are INPUT_EMPTY. */
struct InputState {
  unsigned short slots[INPUT_RING];
  L4_Word_t received = 0;
  L4_Word_t taken = 0;
  L4_Word_t consumeEnd = 0;
  /** Waits for input; nil when nobody does. */
  L4_Word_t reader = x2::NIL_THREAD;
};
consteval InputState EmptyInput() {
  InputState state{};
  for (auto& slot : state.slots) slot = INPUT_EMPTY;
  return state;
}

/** The functions on a persistent InputState. */
class Input {
 public:
  explicit constexpr Input(volatile InputState& state) : state_(state) {}

  bool HasRoom() const { return state_.received - state_.taken < INPUT_RING; }
  /** Takes a byte out of the chip; the same instruction puts it where Settle will see it. There is room. */
  void Take(unsigned short port) {
    Slot(state_.received) = INPUT_EMPTY;  // unchanged; makes sure that the page is there before the chip is read
    io::In16ToMemory(port, &Slot(state_.received));
    state_.received = state_.received + 1;
  }
  /** Finds out whether the Take that a crash interrupted has happened. */
  void Settle() {
    if (HasRoom() && Slot(state_.received) != INPUT_EMPTY) state_.received = state_.received + 1;
  }

  /** Writes byte `number`, which counts from SetReceived on: for input that is made, and can be made again. */
  void Write(L4_Word_t number, unsigned char byte) { Slot(number) = byte; }
  void SetReceived(L4_Word_t received) { state_.received = received; }
  L4_Word_t Received() const { return state_.received; }

  /** A request to read. One reader: the newer one takes over, the older is told BUSY. */
  void Ask(L4_ThreadId_t sender);
  /** Gives the reader what there is, `drain` being asked for more. One that does not wait is forgotten, and the bytes are kept. */
  void Deliver(void (*drain)());
  /** Ends the delivery that a crash interrupted. */
  void Recover();

 private:
  volatile unsigned short& Slot(L4_Word_t number) { return state_.slots[number % INPUT_RING]; }
  bool AnswerWithInput(L4_Word_t count);
  void FinishDelivery();

  volatile InputState& state_;
};
