/*
 * Bytes in memory, by string instructions: each iteration may be interrupted, and the compiler cannot turn the
 * loop back into a call of the very function it stands in.
 *
 * Here: the definitions behind memory.h.
 */
#include "memory.h"

extern "C" {

void* memcpy(void* to, const void* from, size_t count) {
  void* at = to;
  size_t words = count / 4;
  asm volatile("rep movsl" : "+D"(at), "+S"(from), "+c"(words) : : "memory");
  count %= 4;
  asm volatile("rep movsb" : "+D"(at), "+S"(from), "+c"(count) : : "memory");
  return to;
}

void* memmove(void* to, const void* from, size_t count) {
  if (to <= from || static_cast<const char*>(from) + count <= to) return memcpy(to, from, count);
  void* at = static_cast<char*>(to) + count - 1;
  const void* last = static_cast<const char*>(from) + count - 1;
  asm volatile("std; rep movsb; cld" : "+D"(at), "+S"(last), "+c"(count) : : "memory");
  return to;
}

void* memset(void* to, int value, size_t count) {
  void* at = to;
  asm volatile("rep stosb" : "+D"(at), "+c"(count) : "a"(value) : "memory");
  return to;
}

int memcmp(const void* a, const void* b, size_t count) {
  const auto* x = static_cast<const unsigned char*>(a);
  const auto* y = static_cast<const unsigned char*>(b);
  for (; count > 0; count--, x++, y++)
    if (*x != *y) return *x - *y;
  return 0;
}

size_t strlen(const char* text) {
  const volatile char* end = text;  // volatile: this loop is strlen, and must not become a call of it
  while (*end) end++;
  return static_cast<size_t>(end - text);
}

int strcmp(const char* a, const char* b) {
  while (*a && *a == *b) a++, b++;
  return static_cast<unsigned char>(*a) - static_cast<unsigned char>(*b);
}

}  // extern "C"
