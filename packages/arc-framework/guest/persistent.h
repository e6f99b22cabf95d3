/*
 * Persistent memory that is more than plain: transactional, checked, written in windows, allocated.
 *
 * Here: what a program declares, per variable or page; IS_PERSISTENT (-> arc_server.h) is the plain strength. All of it is kept
 * over handler, hot and warm restarts. Not here: how pages are watched (P3: src/p3/guards.ts).
 *   IS_TRANSACTIONAL   a request's writes stay if it is answered; a failure before that undoes them. Outside requests: plain.
 *   Checked<T>         two copies with checksums: every change is whole or not there, and damage is found.
 *   Protect, Window    pages that can be written only while a window is open; any other write is a failure.
 *   Allocate           blocks by key: asked again after a restart, the same block.
 */
#pragma once
#include "start.h"

/** Its page is copied at a request's first write to it. Writing no such variable costs nothing. */
#define IS_TRANSACTIONAL __attribute__((section("arc_transactional"), require_constant_initialization))
/** For variables of type Checked<T>: they are verified at each recovery. */
#define IS_CHECKED __attribute__((section("arc_checked"), require_constant_initialization))

namespace persistent {

/** FNV-1a, by words. */
L4_Word_t Checksum(const void* words, L4_Word_t bytes);

/** The part of a checked variable that all have: how to find its copies. */
struct CheckedBlock {
  L4_Word_t size;  ///< bytes of the whole variable
  L4_Word_t bytes;  ///< of one copy
  L4_Word_t current;  ///< 0 or 1: the copy that counts
  L4_Word_t sums[2];
  /** Whether the copy that counts is what was set. A block that was never set is good. */
  bool Good() const;
  const void* Copy(L4_Word_t n) const {
    return reinterpret_cast<const char*>(this) + sizeof(CheckedBlock) + n * bytes;
  }
};

/** A variable of a trivial type whose size is a multiple of a word. */
template <typename T>
class Checked {
 public:
  constexpr explicit Checked(const T& initial) : block_{sizeof *this, sizeof(T), 0, {0, 0}}, copies_{initial, initial} {}
  const T& Get() const { return copies_[block_.current & 1]; }
  /** The other copy is written and summed, then one store makes it count. */
  void Set(const T& value) {
    const L4_Word_t other = (block_.current & 1) ^ 1;
    copies_[other] = value;
    block_.sums[other] = Checksum(&copies_[other], sizeof(T)) | 1;
    asm volatile("" ::: "memory");
    block_.current = other;
  }
  bool Good() const { return block_.Good(); }

 private:
  static_assert(sizeof(T) % sizeof(L4_Word_t) == 0);
  CheckedBlock block_;
  T copies_[2];
};

/** Whether all checked variables of the program are good. Each recovery asks before Recover. */
bool Verify();
/** Has P3 watch the pages of the transactional variables. Each start of a server does it. */
status_t WatchTransactions();
/** What requests before the open one have written stays. */
void Commit();
/** A request begins: costs a call only if an earlier one has written. */
inline void BeginRequest() {
  if (static_cast<const volatile RestartPage*>(arc_start->restart)->undo) Commit();
}

/** From now on these whole pages of persistent memory are written in windows only. */
status_t Protect(const void* base, L4_Word_t pages);

/** While it lives, the protected pages that begin at `base` may be written. A restart closes all windows. */
class Window {
 public:
  explicit Window(const void* base);
  ~Window();
  Window(const Window&) = delete;

 private:
  const void* base_;
};

/** Bytes that Allocate has, together. */
constexpr L4_Word_t HEAP_BYTES = 0x8000;

/**
 * A block of persistent memory, zeroed at first, aligned to 16 bytes. The same `key` gives the same block, in whatever life: a
 * server that fails right after the call finds it again. Null when there is no room, when the block of this key is smaller, and
 * for the key 0.
 */
void* Allocate(L4_Word_t key, L4_Word_t bytes);
/** Frees the block of this key. */
void Free(L4_Word_t key);

}  // namespace persistent
