/*
 * Printing on COM1, by its ports: user threads run with IOPL 3.
 *
 * Print knows %s %c %d %u %x %p %%, and a width with or without leading zeros.
 */
#pragma once

namespace l4 {

void Put(char c);
/** The next character typed; waits for it by polling. */
char Get();
[[gnu::format(printf, 1, 2)]] void Print(const char* format, ...);

}  // namespace l4
