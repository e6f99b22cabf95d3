/*
 * 64-bit division, which the compiler calls where the processor has no instruction for it.
 *
 * Here: the functions of the i386 run-time library that our programs need, by shift and subtract.
 */
using u64 = unsigned long long;

extern "C" {

u64 __udivmoddi4(u64 dividend, u64 divisor, u64* remainder) {
  u64 quotient = 0, rest = 0;
  for (int bit = 63; bit >= 0; bit--) {
    rest = rest << 1 | (dividend >> bit & 1);
    if (rest < divisor) continue;
    rest -= divisor;
    quotient |= 1ULL << bit;
  }
  if (remainder) *remainder = rest;
  return quotient;
}

u64 __udivdi3(u64 dividend, u64 divisor) { return __udivmoddi4(dividend, divisor, nullptr); }

u64 __umoddi3(u64 dividend, u64 divisor) {
  u64 rest;
  __udivmoddi4(dividend, divisor, &rest);
  return rest;
}

}  // extern "C"
