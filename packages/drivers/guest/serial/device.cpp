/*
 * The 16550's two streams.
 *
 * Here: intent -> act -> commit of what is sent. What is received is taken as any input (-> input.h): the upper half of what is
 * read with a byte is the interrupt enable register, whose upper four bits read 0.
 * Counters only grow (modulo 2^32); a byte's number is its place in the stream.
 */
#include "device.h"

namespace device {

namespace {

/** Time of a whole transmit FIFO on the wire, 10 bits a byte. */
constexpr L4_Word_t FIFO_MICROSECONDS = pc::UART_FIFO_SIZE * 10 * 1'000'000 / pc::UART_BASE_RATE + 1;

/** Bytes ever sent, and the intent. */
volatile L4_Word_t sent IS_PERSISTENT = 0;
volatile L4_Word_t next IS_PERSISTENT = 0;
/** The request being sent, and `sent` at its beginning. */
volatile L4_Word_t jobSequence IS_PERSISTENT = 0;
volatile L4_Word_t jobStart IS_PERSISTENT = 0;

volatile InputState received IS_PERSISTENT = EmptyInput();

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

constinit Input input(received);

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
  input.Settle();
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
  while (input.HasRoom() && In(pc::UART_LSR) & pc::UART_LSR_DATA_READY) input.Take(pc::UART_PORT + pc::UART_RBR);
  In(pc::UART_MSR);  // a modem-status interrupt would keep the line up
}

}  // namespace device
