/*
 * The requests of the sound drivers.
 *
 * Here: who may, when; each request may be broken off at any instruction and served again. Not here: the argument at
 * length (-> packages/drivers/README.md).
 */
#include "driver.h"
#include "owner.h"
#include "shared.h"
#include "waiters.h"

BEGIN_HANDLERS(SoundDriver)
CONNECT_HANDLER(arc::SOUND_OPEN, Open)
CONNECT_HANDLER(arc::SOUND_CLOSE, Close)
CONNECT_HANDLER(arc::SOUND_FORMAT, SetFormat)
CONNECT_HANDLER(arc::SOUND_START, Start)
CONNECT_HANDLER(arc::SOUND_STOP, Stop)
CONNECT_HANDLER(arc::SOUND_PAUSE, Pause)
CONNECT_HANDLER(arc::SOUND_CONTINUE, Continue)
CONNECT_HANDLER(arc::SOUND_SET_VOLUME, SetVolume)
CONNECT_HANDLER(arc::SOUND_GET_VOLUME, GetVolume)
CONNECT_HANDLER(arc::SOUND_POSITION, Position)
CONNECT_HANDLER(arc::SOUND_NEXT_BLOCK, NextBlock)
END_HANDLERS

namespace {

constexpr L4_Word_t BUFFER_KEY = 1;
constexpr L4_Word_t LEAST_BLOCK = 256;  // twice what the FIFO takes
constexpr L4_Word_t PAGE = 4096;
constexpr L4_Word_t SOUND_MODES = arc::SOUND_MODE_16 | pc::SB_MODE_STEREO | pc::SB_MODE_SIGNED;

}  // namespace

card::Format SoundDriver::Format() const {
  return {state_.format.rate, state_.format.mode, state_.format.blockBytes};
}

char* SoundDriver::Block(L4_Word_t number) const { return state_.buffer + (number & 1) * state_.format.blockBytes; }

status_t SoundDriver::Initialize() {
  if (!card::Reset()) return arc::STATUS_NOT_FOUND;
  card::Select();
  char* buffer;
  L4_Word_t physical;
  status_t status =
      shared::AllocateContiguous(BUFFER_KEY, 2 * arc::SOUND_BLOCK_BYTES / PAGE, buffer, physical);
  if (status != arc::STATUS_OK) return status;
  state_.buffer = buffer;
  state_.physical = physical;
  waiters::Refuse();
  status = MakeArea();
  return status == arc::STATUS_OK ? process::AttachInterrupt(pc::SB_IRQ) : status;
}

status_t SoundDriver::Exit() { return arc::STATUS_OK; }

status_t SoundDriver::Open(const Request& request, Reply& reply) {
  const L4_Word_t sender = request.Sender().raw;
  if (state_.owner != sender) {
    if (state_.owner != x2::NIL_THREAD && owner::IsAlive(state_.owner)) return arc::STATUS_BUSY;
    Silence();  // of an owner that has died
    state_.owner = sender;
  }
  const status_t status = shared::Offer(state_.area, request.Sender(), x2::FPAGE_R | x2::FPAGE_W);
  if (status != arc::STATUS_OK) return status;
  reply.Put(reinterpret_cast<L4_Word_t>(state_.area));
  reply.Put((IsDirect() ? 2 : 1) * arc::SOUND_BLOCK_BYTES / PAGE);
  reply.Put(IsDirect());
  return arc::STATUS_OK;
}

status_t SoundDriver::Close(const Request& request, Reply&) {
  if (state_.owner == x2::NIL_THREAD) return arc::STATUS_OK;  // closed already: this may be the replay of it
  if (!IsOwner(request)) return arc::STATUS_REFUSED;
  Silence();
  shared::Offer(state_.area, L4_nilthread, 0);
  state_.owner = x2::NIL_THREAD;
  return arc::STATUS_OK;
}

status_t SoundDriver::SetFormat(const Request& request, Reply&) {
  if (!IsOwner(request)) return arc::STATUS_REFUSED;
  if (state_.playing) return arc::STATUS_BUSY;
  if (request.Words() < 3) return arc::STATUS_INVALID;
  const L4_Word_t rate = request.Word(1), bytes = request.Word(3);
  if (rate < arc::SOUND_LOWEST_RATE || rate > arc::SOUND_HIGHEST_RATE) return arc::STATUS_INVALID;
  if (bytes < LEAST_BLOCK || bytes > arc::SOUND_BLOCK_BYTES || bytes % 4) return arc::STATUS_INVALID;
  state_.format.rate = rate;
  state_.format.mode = request.Word(2) & SOUND_MODES;
  state_.format.blockBytes = bytes;
  return arc::STATUS_OK;
}

status_t SoundDriver::Start(const Request& request, Reply&) {
  if (!IsOwner(request)) return arc::STATUS_REFUSED;
  if (state_.playing) return arc::STATUS_OK;
  state_.blocks = 0;
  card::Prepare(Format(), state_.physical);
  state_.starting = 1;
  card::Play(Format());
  state_.playing = 1;
  state_.starting = 0;
  return arc::STATUS_OK;
}

status_t SoundDriver::Stop(const Request& request, Reply&) {
  if (!IsOwner(request)) return arc::STATUS_REFUSED;
  Silence();
  return arc::STATUS_OK;
}

status_t SoundDriver::Pause(const Request& request, Reply&) {
  if (!IsOwner(request)) return arc::STATUS_REFUSED;
  if (state_.playing) card::Pause(Format());
  return arc::STATUS_OK;
}

status_t SoundDriver::Continue(const Request& request, Reply&) {
  if (!IsOwner(request)) return arc::STATUS_REFUSED;
  if (state_.playing) card::Continue(Format());
  return arc::STATUS_OK;
}

status_t SoundDriver::SetVolume(const Request& request, Reply&) {
  if (!IsOwner(request)) return arc::STATUS_REFUSED;
  if (request.Words() < 2) return arc::STATUS_INVALID;
  card::SetVolume(request.Word(1), request.Word(2));
  return arc::STATUS_OK;
}

status_t SoundDriver::GetVolume(const Request&, Reply& reply) {
  L4_Word_t left, right;
  card::GetVolume(left, right);
  reply.Put(left);
  reply.Put(right);
  return arc::STATUS_OK;
}

status_t SoundDriver::Position(const Request& request, Reply& reply) {
  if (!IsOwner(request)) return arc::STATUS_REFUSED;
  Count();
  reply.Put(state_.playing ? card::Position(Format()) : 0);
  reply.Put(state_.blocks);
  return arc::STATUS_OK;
}

status_t SoundDriver::NextBlock(const Request& request, Reply&) {
  if (!IsOwner(request)) return arc::STATUS_REFUSED;
  if (request.Words() < 1) return arc::STATUS_INVALID;
  const L4_Word_t number = request.Word(1);
  if (!state_.playing && number >= 2) return arc::STATUS_INVALID;  // it would wait for ever
  if (state_.job != request.Sequence()) {
    state_.refilled = 0;
    state_.wanted = number;
    state_.job = request.Sequence();
  }
  state_.waiter = request.Sender().raw;
  Count();
  Deliver();
  return NO_REPLY;
}

void SoundDriver::OnInterrupt(L4_Word_t) {
  card::Acknowledge(Format());
  Count();
  Deliver();
}

/** Nothing plays any more, and nobody waits for a block. */
void SoundDriver::Silence() {
  state_.playing = 0;  // from here on Settle does the rest as well
  card::Reset();
  state_.waiter = x2::NIL_THREAD;
}

/** Which half plays says whether another block has ended. */
void SoundDriver::Count() {
  if (!state_.playing) return;
  const L4_Word_t half = card::Position(Format()) / state_.format.blockBytes;
  if ((state_.blocks & 1) != half) state_.blocks = state_.blocks + 1;
}

/** Answers the owner when its block has its place. An answer that it has got already reaches nobody. */
void SoundDriver::Deliver() {
  if (state_.waiter == x2::NIL_THREAD || !IsFree(state_.wanted)) return;
  if (!state_.refilled) {
    Refill(state_.wanted);
    state_.refilled = 1;
  }
  L4_LoadMR(1, arc::STATUS_OK);
  L4_LoadMR(2, state_.blocks);
  L4_LoadMR(0, L4_Tag(0, 2).raw);
  L4_Reply({state_.waiter});
  state_.waiter = x2::NIL_THREAD;
}

void SoundDriver::Settle() {
  if (state_.starting && !state_.playing && card::IsPlaying(Format())) state_.playing = 1;
  state_.starting = 0;
  if (!state_.playing) card::Reset();  // perhaps it waits for the rest of a command
  Count();
  Deliver();
}
