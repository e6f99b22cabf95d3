/*
 * Port input and output.
 *
 * Here: the IN, OUT, INS and OUTS instructions. Not here: which ports and bits (-> generated/registers.h).
 * All of them keep their place among memory accesses: drivers depend on that order.
 * A 16-bit access to an 8-bit chip is two accesses in one instruction, lower port first.
 */
#pragma once
#include "generated/registers.h"

namespace io {

inline unsigned char In8(unsigned short port) {
  unsigned char value;
  asm volatile("inb %1, %0" : "=a"(value) : "Nd"(port) : "memory");
  return value;
}

inline void Out8(unsigned short port, unsigned char value) {
  asm volatile("outb %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

inline unsigned short In16(unsigned short port) {
  unsigned short value;
  asm volatile("inw %1, %0" : "=a"(value) : "Nd"(port) : "memory");
  return value;
}

inline void Out16(unsigned short port, unsigned short value) {
  asm volatile("outw %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

/** Reads two ports straight into memory: no instruction boundary lies between the read and the store. */
inline void In16ToMemory(unsigned short port, volatile unsigned short* to) {
  asm volatile("insw" : "+D"(to) : "d"(port) : "memory");
}

/** Moves `count` words between a port and memory; a failure may come between any two of them. */
inline void In16s(unsigned short port, void* to, unsigned int count) {
  asm volatile("rep insw" : "+D"(to), "+c"(count) : "d"(port) : "memory");
}

inline void Out16s(unsigned short port, const void* from, unsigned int count) {
  asm volatile("rep outsw" : "+S"(from), "+c"(count) : "d"(port) : "memory");
}

}  // namespace io
