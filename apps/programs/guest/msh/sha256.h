/*
 * SHA-256 (FIPS 180-4).
 *
 * Here: the sum of bytes that come in pieces. Not here: where they come from.
 */
#pragma once
#include "memory.h"

class Sha256 {
 public:
  static constexpr size_t BYTES = 32;
  void Update(const char* bytes, size_t count);
  /** Ends the message; the object is used up. */
  void Finish(unsigned char sum[BYTES]);

 private:
  static constexpr size_t BLOCK = 64;
  void Block();

  unsigned int state_[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                            0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  unsigned char block_[BLOCK];
  unsigned long long length_ = 0;
};
