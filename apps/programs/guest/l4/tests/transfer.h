/*
 * One transfer with strings: a sender and a receiver as data, and what became of both.
 *
 * Here: what the topics on strings share. Both sides are jobs; memory that they use is the image's (always there) or the
 * window's (there on demand).
 */
#pragma once
#include "test.h"

namespace test {

struct Side {
  /** Words behind the tag (sender: message registers; receiver: buffer registers from BR0). */
  Word words[12];
  int count;
  Word xferTimeouts;
  // Outcome.
  Word tag, error, mr[12];
};

struct Transfer {
  Word tag;
  Side sender, receiver;
};

/** Set before a transfer, read after it. */
extern Transfer transfer;

/** Clears it; the message has `untyped` and `typed` words. */
void Prepare(Word untyped, Word typed);
template <typename... Words>
void Fill(Side& side, Words... words) {
  side.count = 0;
  ((side.words[side.count++] = static_cast<Word>(words)), ...);
}
/** Carries it out between two threads; false if it does not end. */
bool Carry(int from, int to);
/** Starts both without waiting. */
void StartTransfer(int from, int to);
/** Both sides ended well. */
bool Whole();
/** Both sides ended with this code; after so many bytes. */
bool Broken(Word senderCode, Word receiverCode, Word bytes);

/** Buffers that all spaces share, 4 KiB each. */
extern char source[4096], target[4096];
/** Writes a pattern to `at`; the target is 0xee all over. */
void Pattern(char* at, Word count);
/** Whether `count` bytes are the pattern's from `from` on. */
bool IsPattern(const volatile char* at, Word count, Word from = 0);
inline Word Address(const volatile void* at) { return reinterpret_cast<Word>(at); }

}  // namespace test
