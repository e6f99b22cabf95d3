/*
 * The requests of the graphics driver.
 *
 * Here: who may; each request may be broken off at any instruction and served again.
 */
#include "driver.h"
#include "owner.h"
#include "shared.h"

BEGIN_HANDLERS(VideoDriver)
CONNECT_HANDLER(arc::VIDEO_INFO, Info)
CONNECT_HANDLER(arc::VIDEO_OPEN, Open)
CONNECT_HANDLER(arc::VIDEO_CLOSE, Close)
CONNECT_HANDLER(arc::VIDEO_START, Start)
CONNECT_HANDLER(arc::VIDEO_PALETTE, Palette)
END_HANDLERS

namespace {

constexpr L4_Word_t INFO_KEY = 1;
constexpr L4_Word_t FRAME_BUFFER_KEY = 2;
constexpr L4_Word_t PAGE = 4096;

}  // namespace

status_t VideoDriver::Initialize() {
  const L4_Word_t version = display::Version();
  if (!version) return arc::STATUS_NOT_FOUND;
  char* page;
  const status_t status = shared::Allocate(INFO_KEY, 1, page);
  if (status != arc::STATUS_OK) return status;
  auto* info = reinterpret_cast<L4_Word_t*>(page);
  info[arc::VIDEO_INFO_VERSION] = version;
  info[arc::VIDEO_INFO_MEMORY] = display::Memory();
  L4_Word_t count = 0;
  for (display::Mode mode; display::FindMode(count, mode); count++) {
    L4_Word_t* words = info + arc::VIDEO_INFO_FIRST_MODE + count * arc::VIDEO_MODE_WORDS;
    words[arc::VIDEO_MODE_WIDTH] = mode.width;
    words[arc::VIDEO_MODE_HEIGHT] = mode.height;
    words[arc::VIDEO_MODE_BITS] = mode.bits;
    words[arc::VIDEO_MODE_PITCH] = mode.Pitch();
    words[arc::VIDEO_MODE_SIZE] = mode.Size();
  }
  info[arc::VIDEO_INFO_MODES] = count;
  state_.info = info;
  return arc::STATUS_OK;
}

status_t VideoDriver::Exit() { return arc::STATUS_OK; }

status_t VideoDriver::Share(char*& base, L4_Word_t& pages) {
  pages = state_.info[arc::VIDEO_INFO_MEMORY] / PAGE;
  const status_t status = shared::MapDevice(FRAME_BUFFER_KEY, pc::VBE_FRAME_BUFFER, pages, base);
  // A holder who has ended meanwhile cannot be offered anything: the next one will find that out.
  if (status == arc::STATUS_OK) shared::Offer(base, {state_.holder}, x2::FPAGE_R | x2::FPAGE_W);
  return status;
}

status_t VideoDriver::Info(const Request& request, Reply& reply) {
  const status_t status = shared::Offer(state_.info, request.Sender(), x2::FPAGE_R);
  reply.Put(reinterpret_cast<L4_Word_t>(state_.info));
  return status;
}

status_t VideoDriver::Open(const Request& request, Reply& reply) {
  const L4_Word_t sender = request.Sender().raw;
  if (state_.holder != sender && state_.holder != x2::NIL_THREAD && owner::IsAlive(state_.holder))
    return arc::STATUS_BUSY;
  display::Mode mode;
  if (request.Words() < 1 || !display::FindMode(request.Word(1), mode)) return arc::STATUS_INVALID;
  state_.mode = request.Word(1);
  state_.holder = sender;
  display::SetMode(mode);
  char* base;
  L4_Word_t pages;
  const status_t status = Share(base, pages);
  if (status != arc::STATUS_OK) return status;
  reply.Put(reinterpret_cast<L4_Word_t>(base));
  reply.Put(pages);
  return arc::STATUS_OK;
}

status_t VideoDriver::Close(const Request& request, Reply&) {
  if (state_.holder == x2::NIL_THREAD) return arc::STATUS_OK;  // closed already: this may be the replay of it
  if (!Holds(request)) return arc::STATUS_REFUSED;
  display::Disable();
  char* base;
  L4_Word_t pages;
  if (Share(base, pages) == arc::STATUS_OK) shared::Offer(base, L4_nilthread, 0);
  state_.holder = x2::NIL_THREAD;
  return arc::STATUS_OK;
}

status_t VideoDriver::Start(const Request& request, Reply&) {
  if (!Holds(request)) return arc::STATUS_REFUSED;
  if (request.Words() < 2) return arc::STATUS_INVALID;
  display::SetStart(request.Word(1), request.Word(2));
  return arc::STATUS_OK;
}

status_t VideoDriver::Palette(const Request& request, Reply&) {
  if (!Holds(request)) return arc::STATUS_REFUSED;
  const L4_Word_t count = request.Words() - 1;
  if (request.Words() < 2 || count > arc::VIDEO_COLOURS_PER_MESSAGE) return arc::STATUS_INVALID;
  for (L4_Word_t n = 0; n < count; n++) display::SetColour(request.Word(1) + n, request.Word(2 + n));
  return arc::STATUS_OK;
}
