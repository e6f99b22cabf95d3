/*
 * Bytes in memory: what the compiler expects of a C library, and strings.
 *
 * Here: copy, fill, compare, length. Not here: printing (arc-framework's format.h).
 */
#pragma once

using size_t = decltype(sizeof 0);

extern "C" {
void* memcpy(void* to, const void* from, size_t count);
void* memmove(void* to, const void* from, size_t count);
void* memset(void* to, int value, size_t count);
int memcmp(const void* a, const void* b, size_t count);
size_t strlen(const char* text);
int strcmp(const char* a, const char* b);
}
