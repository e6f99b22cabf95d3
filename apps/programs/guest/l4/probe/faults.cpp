/*
 * Faults as the probe sees them: exceptions with their answers, page faults.
 *
 * Here: messages that the kernel makes in a thread's name. Not here: what they are for (-> hardware.cpp).
 */
#include "probe.h"

using namespace l4;
using task::Id;
using task::Main;

namespace probe {

namespace {

constexpr Word UNMAPPED = 0x7f001234;

/** A division by zero; behind it code for two more exceptions. */
void Faulter() {
  Utcb()[EXCEPTION_HANDLER] = Main();
  asm volatile(
      "movl $0x4444, %%ebp; movl $0x1111, %%ebx; movl $0x2222, %%esi; movl $0x3333, %%edi; movl $7, %%eax;"
      "xorl %%edx, %%edx; xorl %%ecx, %%ecx; divl %%ecx; movl %%eax, %%ebx; ud2; int $0x80"
      :
      :
      : "memory");
  task::Rest();
}

/** Answers the exception that stands in the message registers: goes on `length` bytes further. */
void Resume(Word length, Word flags, Word eax) {
  const Word eip = Mr(1), number = Mr(3);
  Word rest[13];
  for (int i = 4; i <= 12; i++) rest[i] = Mr(i);
  Load(Tag(0, 12), eip + length, flags, number);
  for (int i = 4; i < 12; i++) SetMr(i, rest[i]);
  SetMr(12, eax);
  Send(Id(T1));
}

void Reader() {
  static_cast<void>(*reinterpret_cast<volatile char*>(UNMAPPED));
  task::Rest();
}
void Writer() {
  *reinterpret_cast<volatile char*>(UNMAPPED) = 1;
  task::Rest();
}

}  // namespace

void Exceptions() {
  task::Run(T1, Faulter);
  Word tag = Receive(Id(T1));
  const auto* code = reinterpret_cast<const unsigned char*>(Mr(1));
  Print("[exc] tag=%08x no=%x edi=%x esi=%x ebp=%x ebx=%x edx=%x ecx=%x eax=%x eflags.if=%d iopl=%d\n", tag, Mr(3), Mr(5),
        Mr(6), Mr(7), Mr(9), Mr(10), Mr(11), Mr(12), Mr(2) >> 9 & 1, Mr(2) >> 12 & 3);
  SetMr(0, tag);
  Print("  insn at eip: %02x %02x\n", code[0], code[1]);
  Resume(2, 0xffffffff, 0x5555);
  tag = Receive(Id(T1));
  code = reinterpret_cast<const unsigned char*>(Mr(1));
  Print("[exc2] tag=%08x no=%x eax=%x ebx=%x insn=%02x%02x eflags=%x\n", tag, Mr(3), Mr(12), Mr(9), code[0], code[1], Mr(2));
  Resume(2, Mr(2), 0);
  tag = Receive(Id(T1));
  code = reinterpret_cast<const unsigned char*>(Mr(1));
  Print("[exc3] int80: no=%x err=%x insn=%02x\n", Mr(3), Mr(4), code[0]);
}

void PageFaults() {
  task::Run(T1, Reader);
  Word tag = Receive(Id(T1));
  Print("[pf] read tag=%08x addr=%08x\n", tag, Mr(1));
  task::Run(T1, Writer);
  tag = Receive(Id(T1));
  Print("[pf] write tag=%08x addr=%08x\n", tag, Mr(1));
}

}  // namespace probe
