/*
 * What the sound drivers share: one owner, a DMA buffer of two blocks that the card plays round and round, refills.
 *
 * Here: the requests SOUND_*, what they need to know across requests. Not here: whether that survives a crash (-> direct.cpp,
 * buffered.cpp: it does; *_naive.cpp: it does not), the card (-> card.h), how a block reaches the buffer (Refill).
 * Thesis 5.1.4. Blocks are never counted by interrupts, of which a crash may eat one: the DMA controller's position says
 * which half is fetched, and so how many blocks have ended, as long as nobody sleeps for longer than a block less the FIFO.
 */
#pragma once
#include "card.h"

/** Everything that a request leaves for the next one. */
struct SoundState {
  L4_Word_t owner = x2::NIL_THREAD;
  card::Format format = {44'100, arc::SOUND_MODE_16 | pc::SB_MODE_STEREO | pc::SB_MODE_SIGNED, arc::SOUND_BLOCK_BYTES};
  /** The buffer here and in physical memory; what the owner writes into, at its address here. */
  char* buffer = nullptr;
  L4_Word_t physical = 0;
  char* area = nullptr;
  /** Intent and commit of Play, whose last byte lets the sound begin. */
  L4_Word_t starting = 0;
  L4_Word_t playing = 0;
  /** Blocks that have been played to their end since START. */
  L4_Word_t blocks = 0;
  /** The owner waits for its answer to ACKNOWLEDGE or REFILL of block `wanted`; nil when it does not. */
  L4_Word_t waiter = x2::NIL_THREAD;
  L4_Word_t wanted = 0;
  /** The request that said so. */
  L4_Word_t job = 0;
  /** Block `wanted` is in the buffer: the area is the owner's again as soon as it has its answer. */
  L4_Word_t refilled = 0;
};

class SoundDriver : public ArcServer {
 public:
  explicit SoundDriver(volatile SoundState& state) : state_(state) {}
  status_t Initialize() override;
  status_t Exit() override;

 protected:
  status_t Service(const Request& request, Reply& reply) override;
  void OnInterrupt(L4_Word_t irq) override;

  /** Gets the memory that the owner writes into; `buffer` is there already. */
  virtual status_t MakeArea() = 0;
  /** The area is the buffer of two blocks; else it holds one block. */
  virtual bool IsDirect() const = 0;
  /** Block `number` is in the area: brings it into the buffer. May be broken off and done again. */
  virtual void Refill(L4_Word_t number) = 0;

  /** Brings card and state together again, after a crash anywhere. */
  void Settle();

  volatile SoundState& state_;
  card::Format Format() const;
  char* Block(L4_Word_t number) const;

 private:
  status_t Open(const Request& request, Reply& reply);
  status_t Close(const Request& request, Reply& reply);
  status_t SetFormat(const Request& request, Reply& reply);
  status_t Start(const Request& request, Reply& reply);
  status_t Stop(const Request& request, Reply& reply);
  status_t Pause(const Request& request, Reply& reply);
  status_t Continue(const Request& request, Reply& reply);
  status_t SetVolume(const Request& request, Reply& reply);
  status_t GetVolume(const Request& request, Reply& reply);
  status_t Position(const Request& request, Reply& reply);
  status_t NextBlock(const Request& request, Reply& reply);

  bool IsOwner(const Request& request) const { return state_.owner == request.Sender().raw; }
  void Silence();
  void Count();
  /** Whether block `number` may be written: the one before the one before it has been played. */
  bool IsFree(L4_Word_t number) const { return !state_.playing ? number < 2 : state_.blocks + 1 >= number; }
  void Deliver();
};

/** A variant whose state is persistent: Settle asks the card what has happened. */
template <typename Variant>
class Recovering final : public Variant {
 public:
  using Variant::Variant;
  status_t Recover(L4_Word_t, const Frame&) override {
    this->Settle();
    return arc::STATUS_OK;
  }
};
