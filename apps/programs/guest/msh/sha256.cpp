/*
 * SHA-256, section 6.2 of FIPS 180-4.
 */
#include "sha256.h"

namespace {

/** The first 32 bits of the fractional parts of the cube roots of the first 64 primes (section 4.2.2). */
constexpr unsigned int K[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

unsigned int Rotate(unsigned int value, int bits) { return value >> bits | value << (32 - bits); }

}  // namespace

void Sha256::Update(const char* bytes, size_t count) {
  for (size_t n = 0; n < count; n++) {
    block_[length_++ % BLOCK] = static_cast<unsigned char>(bytes[n]);
    if (length_ % BLOCK == 0) Block();
  }
}

void Sha256::Finish(unsigned char sum[BYTES]) {
  const unsigned long long bits = length_ * 8;
  const char one = static_cast<char>(0x80), zero = 0;
  Update(&one, 1);
  while (length_ % BLOCK != BLOCK - 8) Update(&zero, 1);
  for (int shift = 56; shift >= 0; shift -= 8) {
    const char byte = static_cast<char>(bits >> shift);
    Update(&byte, 1);
  }
  for (size_t n = 0; n < BYTES; n++) sum[n] = static_cast<unsigned char>(state_[n / 4] >> (24 - 8 * (n % 4)));
}

void Sha256::Block() {
  unsigned int w[64];
  for (int t = 0; t < 16; t++)
    w[t] = static_cast<unsigned int>(block_[4 * t]) << 24 | static_cast<unsigned int>(block_[4 * t + 1]) << 16 |
           static_cast<unsigned int>(block_[4 * t + 2]) << 8 | block_[4 * t + 3];
  for (int t = 16; t < 64; t++) {
    const unsigned int s0 = Rotate(w[t - 15], 7) ^ Rotate(w[t - 15], 18) ^ w[t - 15] >> 3;
    const unsigned int s1 = Rotate(w[t - 2], 17) ^ Rotate(w[t - 2], 19) ^ w[t - 2] >> 10;
    w[t] = w[t - 16] + s0 + w[t - 7] + s1;
  }
  unsigned int a = state_[0], b = state_[1], c = state_[2], d = state_[3];
  unsigned int e = state_[4], f = state_[5], g = state_[6], h = state_[7];
  for (int t = 0; t < 64; t++) {
    const unsigned int t1 =
        h + (Rotate(e, 6) ^ Rotate(e, 11) ^ Rotate(e, 25)) + ((e & f) ^ (~e & g)) + K[t] + w[t];
    const unsigned int t2 = (Rotate(a, 2) ^ Rotate(a, 13) ^ Rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = d + t1;
    d = c;
    c = b;
    b = a;
    a = t1 + t2;
  }
  const unsigned int sums[] = {a, b, c, d, e, f, g, h};
  for (int n = 0; n < 8; n++) state_[n] += sums[n];
}
