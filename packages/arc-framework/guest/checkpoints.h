/*
 * Checkpoints: a server's state as it was some requests ago, in persistent memory, and the requests since.
 *
 * Here: two generations of a state with a redo log each, forming and restoring them. Not here: the state, which lives in plain
 * memory and is lost in every restart; what a request does to it (the server's `redo`).
 * A checkpoint that has the error in it fails again: asked once more for the same open request, the older one is restored.
 * Reference: thesis 3.4.2.
 */
#pragma once
#include "arc_server.h"

/** State and Entry are trivial; an entry says all that redoing its request needs. Constant initialisation: IS_PERSISTENT. */
template <typename State, typename Entry, L4_Word_t INTERVAL>
class Checkpoints {
 public:
  constexpr Checkpoints() = default;

  /** A request is done: `state` is what it has left. After INTERVAL requests a checkpoint is formed. */
  void Log(const State& state, const Entry& entry) {
    Generation& generation = generations_[newest_];
    generation.log[generation.entries] = entry;
    Barrier();
    generation.entries = generation.entries + 1;
    if (generation.entries < INTERVAL) return;
    const L4_Word_t other = newest_ ^ 1;
    generations_[other].state = state;
    generations_[other].entries = 0;
    Barrier();
    newest_ = other;
  }

  /** Brings the state up to date again; `open` is the number of the open request, `redo(state, entry)` does an old one once more. */
  template <typename Redo>
  void Restore(State& state, L4_Word_t open, Redo redo) {
    if (attempted_ == open) {
      // The older generation's log leads to the newest checkpoint, which is made anew.
      Play(state, generations_[newest_ ^ 1], redo);
      generations_[newest_].state = state;
    }
    attempted_ = open;
    Play(state, generations_[newest_], redo);
  }

 private:
  struct Generation {
    State state = {};
    volatile L4_Word_t entries = 0;
    Entry log[INTERVAL] = {};
  };

  static void Barrier() { asm volatile("" ::: "memory"); }

  template <typename Redo>
  static void Play(State& state, const Generation& from, Redo redo) {
    state = from.state;
    for (L4_Word_t n = 0; n < from.entries; n++) redo(state, from.log[n]);
  }

  Generation generations_[2] = {};
  volatile L4_Word_t newest_ = 0;
  /** The request that was open at the last restoration, counted from 1. */
  volatile L4_Word_t attempted_ = 0;
};
