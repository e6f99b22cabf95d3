/*
 * The 16550's two streams.
 *
 * Here: intent -> act -> commit. All counters only grow (modulo 2^32); a byte's number is its place in the stream.
 */
#include "device.h"
#include "io.h"

namespace device {

namespace {

constexpr L4_Word_t RING = 1024;
/** No access reads this: the upper half is the interrupt enable register, whose upper four bits read 0. */
constexpr unsigned short EMPTY = 0xffff;
/** Time of a whole transmit FIFO on the wire, 10 bits a byte. */
constexpr L4_Word_t FIFO_MICROSECONDS = pc::UART_FIFO_SIZE * 10 * 1'000'000 / pc::UART_BASE_RATE + 1;

/** Bytes ever sent, and the intent. */
volatile L4_Word_t sent IS_PERSISTENT = 0;
volatile L4_Word_t next IS_PERSISTENT = 0;
/** The request being sent, and `sent` at its beginning. */
volatile L4_Word_t jobSequence IS_PERSISTENT = 0;
volatile L4_Word_t jobStart IS_PERSISTENT = 0;

/** Slots from `taken` up to `received` hold a byte, the others are EMPTY. */
struct Ring {
  unsigned short slots[RING];
};
consteval Ring EmptyRing() {
  Ring ring{};
  for (auto& slot : ring.slots) slot = EMPTY;
  return ring;
}
volatile Ring ring IS_PERSISTENT = EmptyRing();
volatile L4_Word_t received IS_PERSISTENT = 0;
volatile L4_Word_t taken IS_PERSISTENT = 0;
volatile L4_Word_t consumeEnd IS_PERSISTENT = 0;

volatile unsigned short& Slot(L4_Word_t number) { return ring.slots[number % RING]; }

unsigned char In(unsigned int offset) { return io::In8(static_cast<unsigned short>(pc::UART_PORT + offset)); }
void Out(unsigned int offset, unsigned int value) {
  io::Out8(static_cast<unsigned short>(pc::UART_PORT + offset), static_cast<unsigned char>(value));
}

/**
 * Interrupt enable after byte `number - 1` was sent: the modem-status bit, of no use to us as the lines never change,
 * shows whether `number` is odd.
 */
unsigned int InterruptEnable(L4_Word_t number) {
  return pc::UART_IER_ERBFI | (number & 1 ? pc::UART_IER_EDSSI : 0);
}

}  // namespace

void Initialize() {
  Out(pc::UART_LCR, pc::UART_LCR_DLAB | pc::UART_LCR_WORD_LENGTH);
  Out(pc::UART_DLL, 1);
  Out(pc::UART_DLM, 0);
  Out(pc::UART_LCR, pc::UART_LCR_WORD_LENGTH);
  Out(pc::UART_FCR, pc::UART_FCR_ENABLE);
  Out(pc::UART_MCR, pc::UART_MCR_DTR | pc::UART_MCR_RTS | pc::UART_MCR_OUT2);
  Out(pc::UART_IER, InterruptEnable(sent));
}

void Settle() {
  if (next != sent) {
    if (In(pc::UART_IER) == InterruptEnable(next)) sent = next;
    else next = sent;
  }
  if (received - taken < RING && Slot(received) != EMPTY) received = received + 1;
}

void Send(L4_Word_t sequence, const volatile unsigned char* bytes, L4_Word_t count) {
  if (jobSequence != sequence) {
    jobStart = sent;
    jobSequence = sequence;
  }
  L4_Word_t room = 0;
  while (sent - jobStart < count) {
    if (room == 0) {
      Drain();  // the receive FIFO is as large as the transmit FIFO: it cannot run over meanwhile
      if (In(pc::UART_LSR) & pc::UART_LSR_THR_EMPTY) room = pc::UART_FIFO_SIZE;
      else L4_Sleep(FIFO_MICROSECONDS);
      continue;
    }
    const L4_Word_t after = sent + 1;
    next = after;
    // One instruction writes the byte and, at the port above, the mark that tells Settle that it was written.
    io::Out16(pc::UART_PORT + pc::UART_THR,
              static_cast<unsigned short>(bytes[after - 1 - jobStart] | InterruptEnable(after) << 8));
    sent = after;
    room--;
  }
}

void Drain() {
  while (received - taken < RING && In(pc::UART_LSR) & pc::UART_LSR_DATA_READY) {
    Slot(received) = EMPTY;  // unchanged; makes sure that the page is there before the chip is read
    // Reading takes the byte out of the chip; the same instruction puts it where Settle will see it.
    io::In16ToMemory(pc::UART_PORT + pc::UART_RBR, &Slot(received));
    received = received + 1;
  }
  In(pc::UART_MSR);  // a modem-status interrupt would keep the line up
}

L4_Word_t Available() { return received - taken; }

unsigned char Peek(L4_Word_t n) { return static_cast<unsigned char>(Slot(taken + n)); }

void IntendToConsume(L4_Word_t count) { consumeEnd = taken + count; }

L4_Word_t Intended() { return consumeEnd - taken; }

void Consume() {
  for (L4_Word_t number = taken; number != consumeEnd; number++) Slot(number) = EMPTY;
  taken = consumeEnd;
}

}  // namespace device
