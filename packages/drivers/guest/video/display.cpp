/*
 * Registers of the display, one access after naming the register.
 */
#include "display.h"

namespace display {

namespace {

/** What programs like to ask for, of which a display shows what it can and has memory for. */
constexpr Mode MODES[] = {
    {320, 200, 8},  {640, 480, 8},  {320, 240, 32},  {640, 480, 16},   {640, 480, 32},
    {800, 600, 16}, {800, 600, 32}, {1024, 768, 32}, {1280, 1024, 32},
};

L4_Word_t Read(L4_Word_t index) {
  io::Out16(pc::VBE_PORT + pc::VBE_INDEX, static_cast<unsigned short>(index));
  return io::In16(pc::VBE_PORT + pc::VBE_DATA);
}

void Write(L4_Word_t index, L4_Word_t value) {
  io::Out16(pc::VBE_PORT + pc::VBE_INDEX, static_cast<unsigned short>(index));
  io::Out16(pc::VBE_PORT + pc::VBE_DATA, static_cast<unsigned short>(value));
}

}  // namespace

L4_Word_t Version() {
  const L4_Word_t id = Read(pc::VBE_ID);
  return id >= pc::VBE_ID0 && id <= pc::VBE_ID5 ? id : 0;
}

L4_Word_t Memory() { return Read(pc::VBE_MEMORY_64K) * pc::VBE_BANK_SIZE; }

bool FindMode(L4_Word_t index, Mode& mode) {
  const L4_Word_t memory = Memory();
  for (const Mode& each : MODES) {
    if (each.width > pc::VBE_MAXIMUM_XRES || each.height > pc::VBE_MAXIMUM_YRES || each.Size() > memory) continue;
    if (index-- > 0) continue;
    mode = each;
    return true;
  }
  return false;
}

void SetMode(const Mode& mode) {
  Disable();
  Write(pc::VBE_XRES, mode.width);
  Write(pc::VBE_YRES, mode.height);
  Write(pc::VBE_BPP, mode.bits);
  Write(pc::VBE_ENABLE, pc::VBE_ENABLED | pc::VBE_LFB_ENABLED | pc::VBE_8BIT_DAC);
}

void Disable() { Write(pc::VBE_ENABLE, 0); }

void SetStart(L4_Word_t x, L4_Word_t y) {
  Write(pc::VBE_X_OFFSET, x);
  Write(pc::VBE_Y_OFFSET, y);
}

void SetColour(L4_Word_t index, L4_Word_t colour) {
  io::Out8(pc::VGA_PORT + pc::VGA_DAC_WRITE_INDEX, static_cast<unsigned char>(index));
  for (int shift = 16; shift >= 0; shift -= 8)
    io::Out8(pc::VGA_PORT + pc::VGA_DAC_DATA, static_cast<unsigned char>(colour >> shift));
}

}  // namespace display
