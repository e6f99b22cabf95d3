/*
 * paint [FRAMES]: draws moving rings, each picture on the half of the display's memory that is not shown.
 *
 * Here: drawing. Not here: the display (-> video/client.h). Between two pictures it needs the driver for the new beginning of
 * the screen and one colour; what it draws it draws without it, and so goes on while the driver is dead.
 */
#include "terminal.h"
#include "video/client.h"

namespace {

constexpr L4_Word_t WIDTH = 320, HEIGHT = 200, COLOURS = 32;

void Draw(char* pixels, L4_Word_t pitch, L4_Word_t frame) {
  for (L4_Word_t y = 0; y < HEIGHT; y++) {
    const int dy = static_cast<int>(y) - static_cast<int>(HEIGHT / 2);
    for (L4_Word_t x = 0; x < WIDTH; x++) {
      const int dx = static_cast<int>(x) - static_cast<int>(WIDTH / 2);
      pixels[y * pitch + x] = static_cast<char>((static_cast<L4_Word_t>(dx * dx + dy * dy) / 256 + frame) % COLOURS);
    }
  }
}

L4_Word_t Number(const char* text) {
  L4_Word_t value = 0;
  for (; *text >= '0' && *text <= '9'; text++) value = value * 10 + static_cast<L4_Word_t>(*text - '0');
  return value;
}

}  // namespace

extern "C" int arc_main(int argc, char** argv) {
  const L4_Word_t frames = argc > 1 ? Number(argv[1]) : 100;
  Screen screen;
  status_t status = screen.Open(WIDTH, HEIGHT, 8);
  if (status == arc::STATUS_BUSY) {
    terminal::Print("paint: somebody else has the screen\n");
    return 1;
  }
  for (L4_Word_t n = 0; n < COLOURS && status == arc::STATUS_OK; n++) status = screen.SetColour(n, n * 0x070503);
  for (L4_Word_t frame = 0; frame < frames && status == arc::STATUS_OK; frame++) {
    const L4_Word_t line = (frame & 1) * HEIGHT;
    Draw(screen.Pixels() + line * screen.Pitch(), screen.Pitch(), frame);
    status = screen.SetColour(0, frame % 256);
    if (status == arc::STATUS_OK) status = screen.Show(line);
  }
  if (status != arc::STATUS_OK) {
    terminal::Print("paint: no screen: the driver is missing or has failed (status %u)\n", status);
    return 1;
  }
  terminal::Print("%u pictures\n", frames);
  return 0;
}
