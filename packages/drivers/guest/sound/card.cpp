/*
 * Commands to the DSP, registers of the mixer, one channel of the 8237A.
 */
#include "card.h"

namespace card {

namespace {

/** Microseconds: of the reset pulse; from its end until the DSP answers, asked this often. */
constexpr L4_Word_t PULSE = 10;
constexpr L4_Word_t ANSWER = 100;
constexpr int TRIES = 10;
/** The longest that a card with a full FIFO of 64 frames takes nothing from memory. */
constexpr L4_Word_t FIFO_TIME = 10'000;
constexpr unsigned int SINGLE_MODE = 0x40;

unsigned char In(unsigned int offset) { return io::In8(static_cast<unsigned short>(pc::SB_PORT + offset)); }
void Out(unsigned int offset, L4_Word_t value) {
  io::Out8(static_cast<unsigned short>(pc::SB_PORT + offset), static_cast<unsigned char>(value));
}

void Command(L4_Word_t byte) {
  while (In(pc::SB_WRITE) & pc::SB_STATUS_BIT) {
  }
  Out(pc::SB_WRITE, byte);
}

bool IsWords(const Format& format) { return format.mode & arc::SOUND_MODE_16; }

/** A controller's register, and the channel of the format in it. */
struct Channel {
  bool words;
  unsigned short Port(unsigned int reg) const {
    return static_cast<unsigned short>(words ? pc::DMA_SECOND_PORT + 2 * reg : pc::DMA_PORT + reg);
  }
  L4_Word_t Number() const { return (words ? pc::SB_DMA_WORDS : pc::SB_DMA_BYTES) & 3; }
  void Write(unsigned int reg, L4_Word_t value) const { io::Out8(Port(reg), static_cast<unsigned char>(value)); }
  void WriteBoth(unsigned int reg, L4_Word_t value) const {
    Write(reg, value);
    Write(reg, value >> 8);
  }
};

/** Units of the channel, bytes or words, in the whole buffer. */
L4_Word_t Units(const Format& format) { return format.blockBytes * 2 / (IsWords(format) ? 2 : 1); }

L4_Word_t ReadCount(const Channel& channel) {
  channel.Write(pc::DMA_CLEAR_FLIP_FLOP, 0);
  const unsigned short port = channel.Port(2 * channel.Number() + 1);
  const L4_Word_t low = io::In8(port);
  return low | static_cast<L4_Word_t>(io::In8(port)) << 8;
}

void SetLevel(L4_Word_t index, L4_Word_t value) {
  Out(pc::SB_MIXER_INDEX, index);
  Out(pc::SB_MIXER_DATA, value);
}

L4_Word_t Level(L4_Word_t index) {
  Out(pc::SB_MIXER_INDEX, index);
  return In(pc::SB_MIXER_DATA);
}

}  // namespace

bool Reset() {
  Out(pc::SB_RESET, 1);
  L4_Sleep(PULSE);
  Out(pc::SB_RESET, 0);
  for (int n = 0; n < TRIES; n++) {
    L4_Sleep(ANSWER);
    if (In(pc::SB_READ_STATUS) & pc::SB_STATUS_BIT) return In(pc::SB_READ_DATA) == pc::SB_RESET_DONE;
  }
  return false;
}

void Select() {
  SetLevel(pc::SB_MIXER_IRQ_SELECT, 1 << 1);  // bits: 9, 5, 7, 10
  SetLevel(pc::SB_MIXER_DMA_SELECT, 1 << pc::SB_DMA_BYTES | 1 << pc::SB_DMA_WORDS);
}

void Prepare(const Format& format, L4_Word_t physical) {
  const Channel channel{IsWords(format)};
  const L4_Word_t number = channel.Number();
  channel.Write(pc::DMA_SINGLE_MASK, pc::DMA_BIT_SET | number);
  channel.Write(pc::DMA_CLEAR_FLIP_FLOP, 0);
  channel.Write(pc::DMA_MODE, SINGLE_MODE | pc::DMA_MODE_READ | pc::DMA_MODE_AUTO | number);
  channel.WriteBoth(2 * number, channel.words ? physical >> 1 : physical);
  channel.WriteBoth(2 * number + 1, Units(format) - 1);
  const unsigned int page = channel.words ? pc::DMA_PAGE_CHANNEL5 : pc::DMA_PAGE_CHANNEL1;
  io::Out8(static_cast<unsigned short>(pc::DMA_PAGE_PORT + page), static_cast<unsigned char>(physical >> 16));
  channel.Write(pc::DMA_SINGLE_MASK, number);
}

void Play(const Format& format) {
  Command(pc::SB_OUTPUT_RATE);
  Command(format.rate >> 8);
  Command(format.rate & 0xff);
  const L4_Word_t samples = format.blockBytes / (IsWords(format) ? 2 : 1) - 1;
  const L4_Word_t order = IsWords(format) ? pc::SB_TRANSFER_16 : pc::SB_TRANSFER_8;
  Command(order | pc::SB_TRANSFER_AUTO | pc::SB_TRANSFER_FIFO);
  Command(format.mode & (pc::SB_MODE_STEREO | pc::SB_MODE_SIGNED));
  Command(samples & 0xff);
  Command(samples >> 8);  // with this byte it begins
}

bool IsPlaying(const Format& format) {
  const Channel channel{IsWords(format)};
  const L4_Word_t full = Units(format) - 1;
  if (ReadCount(channel) != full) return true;
  L4_Sleep(FIFO_TIME);  // it may have come to the buffer's beginning again at that very moment
  return ReadCount(channel) != full;
}

void Pause(const Format& format) { Command(IsWords(format) ? pc::SB_PAUSE_16 : pc::SB_PAUSE_8); }

void Continue(const Format& format) { Command(IsWords(format) ? pc::SB_CONTINUE_16 : pc::SB_CONTINUE_8); }

void Acknowledge(const Format& format) { In(IsWords(format) ? pc::SB_ACKNOWLEDGE_16 : pc::SB_READ_STATUS); }

L4_Word_t Position(const Format& format) {
  const Channel channel{IsWords(format)};
  L4_Word_t before, count = ReadCount(channel);
  do {  // the count may have moved between its halves
    before = count;
    count = ReadCount(channel);
  } while (before >> 8 != count >> 8);
  return (Units(format) - 1 - count) * (IsWords(format) ? 2 : 1);
}

void SetVolume(L4_Word_t left, L4_Word_t right) {
  SetLevel(pc::SB_MIXER_VOICE_LEFT, left);
  SetLevel(pc::SB_MIXER_VOICE_RIGHT, right);
}

void GetVolume(L4_Word_t& left, L4_Word_t& right) {
  left = Level(pc::SB_MIXER_VOICE_LEFT);
  right = Level(pc::SB_MIXER_VOICE_RIGHT);
}

}  // namespace card
