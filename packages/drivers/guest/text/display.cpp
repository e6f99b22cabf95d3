/*
 * Text memory by direct mapping, and the CRT controller's cursor.
 */
#include "display.h"
#include "io.h"
#include "shared.h"

namespace display {

namespace {

constexpr L4_Word_t KEY = 1;
/** Where a VGA in a text mode with colours has its memory, a page of which the screen fits into. */
constexpr L4_Word_t TEXT_MEMORY = 0xb8000;
static_assert(screen::ROWS * screen::COLUMNS * 2 <= 4096);

volatile unsigned short* memory = nullptr;

void Crtc(L4_Word_t index, L4_Word_t value) {
  io::Out8(pc::VGA_PORT + pc::VGA_CRTC_INDEX, static_cast<unsigned char>(index));
  io::Out8(pc::VGA_PORT + pc::VGA_CRTC_DATA, static_cast<unsigned char>(value));
}

}  // namespace

status_t Map() {
  char* base;
  const status_t status = shared::MapDevice(KEY, TEXT_MEMORY, 1, base);
  if (status == arc::STATUS_OK) memory = reinterpret_cast<volatile unsigned short*>(base);
  return status;
}

void ShowCell(L4_Word_t row, L4_Word_t column) { memory[row * screen::COLUMNS + column] = screen::Row(row)[column]; }

void ShowAll() {
  // The display's memory is memory to whoever writes it: accesses of any size and order do.
  auto* to = const_cast<unsigned short*>(memory);
  for (L4_Word_t row = 0; row < screen::ROWS; row++, to += screen::COLUMNS)
    memcpy(to, const_cast<const unsigned short*>(screen::Row(row)), screen::COLUMNS * sizeof *to);
}

void ShowCursor() {
  const L4_Word_t place = screen::Now().row * screen::COLUMNS + screen::Now().column;
  Crtc(pc::VGA_CRTC_CURSOR_HIGH, place >> 8);
  Crtc(pc::VGA_CRTC_CURSOR_LOW, place & 0xff);
}

}  // namespace display
