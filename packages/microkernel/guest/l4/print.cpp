/*
 * The definitions behind print.h: a polled 16550 and a small printf.
 */
#include "print.h"

namespace l4 {

namespace {

constexpr unsigned short COM1 = 0x3f8, LINE_STATUS = COM1 + 5;
constexpr unsigned char DATA_READY = 1, HOLDING_EMPTY = 0x20;

unsigned char In(unsigned short port) {
  unsigned char value;
  asm volatile("inb %1, %0" : "=a"(value) : "d"(port));
  return value;
}

void Number(unsigned value, unsigned base, int width, char fill, bool negative) {
  char digits[12];
  int count = 0;
  do digits[count++] = "0123456789abcdef"[value % base];
  while ((value /= base) != 0);
  if (negative) digits[count++] = '-';
  while (width-- > count) Put(fill);
  while (count > 0) Put(digits[--count]);
}

}  // namespace

void Put(char c) {
  if (c == '\n') Put('\r');
  while ((In(LINE_STATUS) & HOLDING_EMPTY) == 0) {}
  asm volatile("outb %0, %1" : : "a"(c), "d"(COM1));
}

char Get() {
  while ((In(LINE_STATUS) & DATA_READY) == 0) {}
  return static_cast<char>(In(COM1));
}

void Print(const char* format, ...) {
  __builtin_va_list arguments;
  __builtin_va_start(arguments, format);
  for (; *format; format++) {
    if (*format != '%') {
      Put(*format);
      continue;
    }
    const char fill = *++format == '0' ? '0' : ' ';
    int width = 0;
    while (*format >= '0' && *format <= '9') width = 10 * width + *format++ - '0';
    switch (*format) {
      case 's':
        for (const char* s = __builtin_va_arg(arguments, const char*); *s; s++) Put(*s);
        break;
      case 'c': Put(static_cast<char>(__builtin_va_arg(arguments, int))); break;
      case 'd': {
        const int value = __builtin_va_arg(arguments, int);
        Number(value < 0 ? 0u - value : value, 10, width, fill, value < 0);
        break;
      }
      case 'u': Number(__builtin_va_arg(arguments, unsigned), 10, width, fill, false); break;
      case 'x': Number(__builtin_va_arg(arguments, unsigned), 16, width, fill, false); break;
      default: Put(*format);
    }
  }
  __builtin_va_end(arguments);
}

}  // namespace l4
