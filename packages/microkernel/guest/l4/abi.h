/*
 * L4 X.2 as a foreign program sees it: words, ids, messages, calls through stubs that patch themselves.
 *
 * Here: the binary interface written down a second time, from the manual and not from our kernel, so that test programs
 * judge it. Not here: registers (-> stubs.S), printing (-> print.h), our own programs' interface (-> ../l4.h).
 * Reference: L4 X.2 reference manual, IA-32 interface; L4Ka's user library for how calls are made.
 */
#pragma once
#include "../memory.h"

namespace l4 {

using Word = unsigned int;

// Thread ids: 18 bits of number, 14 of version; local ids have six zero bits at the end.
constexpr Word NIL = 0, ANY = 0xffffffff, ANY_LOCAL = 0xffffffc0;
constexpr Word Global(Word number, Word version) { return number << 14 | version; }
constexpr Word Number(Word id) { return id >> 14; }
constexpr bool IsLocal(Word id) { return (id & 0x3f) == 0; }
constexpr Word Irq(Word line) { return Global(line, 1); }

// Words of the UTCB, from MR0.
constexpr int VIRTUAL_SENDER = -6, INTENDED_RECEIVER = -7, XFER_TIMEOUTS = -8, ERROR_CODE = -9, PREEMPT_FLAGS = -10;
constexpr int EXCEPTION_HANDLER = -11, PAGER = -12, USER_HANDLE = -13, PROCESSOR = -14, MY_GLOBAL_ID = -15, BR0 = -16;

/** The running thread's UTCB: message registers upwards from 0, thread control and buffer registers below. */
inline volatile Word* Utcb() {
  volatile Word* utcb;
  asm volatile("movl %%gs:0, %0" : "=r"(utcb));
  return utcb;
}
inline Word Mr(int i) { return Utcb()[i]; }
inline void SetMr(int i, Word value) { Utcb()[i] = value; }
inline void SetBr(int i, Word value) { Utcb()[BR0 - i] = value; }
inline Word Me() { return Utcb()[MY_GLOBAL_ID]; }
inline Word MyLocal() { return reinterpret_cast<Word>(Utcb()); }
inline Word Error() { return Utcb()[ERROR_CODE]; }

// Message tags.
constexpr Word E = 0x8000, R = 0x2000, P = 0x1000;
constexpr Word Tag(Word label, Word untyped, Word typed = 0) { return label << 16 | typed << 6 | untyped; }
constexpr Word Label(Word tag) { return tag >> 16; }
constexpr Word Untyped(Word tag) { return tag & 0x3f; }
constexpr Word Typed(Word tag) { return tag >> 6 & 0x3f; }

// Times and timeouts.
constexpr Word NEVER = 0, ZERO = 0x400;
/** A period of at least so many microseconds. */
constexpr Word Micro(Word us) {
  Word e = 0;
  while (us > 0x3ff) us = (us + 1) / 2, e++;
  return us == 0 ? ZERO : e << 10 | us;
}
constexpr Word Timeouts(Word send, Word receive) { return send << 16 | receive; }
constexpr Word FOREVER = Timeouts(NEVER, NEVER), AT_ONCE = Timeouts(ZERO, ZERO);

// Fpages and items.
constexpr Word READ = 4, WRITE = 2, EXECUTE = 1, RWX = 7, COMPLETE = 0x10;
constexpr Word Fpage(Word base, Word bits, Word rights = 0) { return (base & ~0x3ffu) | bits << 4 | rights; }
constexpr Word MAP = 8, GRANT = 10;
/** First word of a map or grant item. */
constexpr Word Item(Word kind, Word base) { return (base & ~0x3ffu) | kind; }
/** First word of a string item of one piece. */
constexpr Word String(Word length) { return length << 10; }
constexpr Word COMPOUND = 0x200, MORE = 1;
constexpr Word Substrings(Word count) { return (count - 1) << 4; }

// Labels of the kernel's messages, upper twelve bits of the tag.
constexpr Word PAGE_FAULT = 0xffe, IO_FAULT = 0xff8, EXCEPTION = 0xffb, SIGMA0_RPC = 0xffa, INTERRUPT = 0xfff;
constexpr Word Protocol(Word tag) { return tag >> 20; }

// Error codes of calls.
constexpr Word NO_PRIVILEGE = 1, INVALID_THREAD = 2, INVALID_SPACE = 3, INVALID_SCHEDULER = 4, INVALID_PARAMETER = 5;
constexpr Word UTCB_AREA = 6, KIP_AREA = 7, NO_MEMORY = 8;
// Error codes of Ipc without the phase bit.
constexpr Word TIMEOUT = 1, NON_EXISTING = 2, CANCELLED = 3, OVERFLOW = 4, XFER_MINE = 5, XFER_HIS = 6, ABORTED = 7;
/** ErrorCode after a send (phase 0) or a receive (1). */
constexpr Word IpcError(Word code, Word phase, Word offset = 0) { return offset << 4 | code << 1 | phase; }

// ExchangeRegisters' control.
constexpr Word X_HALT = 1, X_RECV = 2, X_SEND = 4, X_SP = 8, X_IP = 0x10, X_FLAGS = 0x20, X_HANDLE = 0x40;
constexpr Word X_PAGER = 0x80, X_SETH = 0x100, X_DELIVER = 0x200;

/** Registers of an Ipc at the call, and behind it. */
struct IpcRegisters {
  Word eax, edx, ecx, esi, ebx, ebp, edi;
};
struct Exchanged {
  Word control, sp, ip, flags, handle, pager;
};

extern "C" {
/** Ipc: in EAX to, EDX from, ECX timeouts, ESI MR0; out all of them. Nothing is written to the UTCB but by the kernel. */
void l4_raw_ipc(IpcRegisters* registers);
void l4_raw_lipc(IpcRegisters* registers);
Word l4_exchange(Word dest, Exchanged* values);
Word l4_thread_control(Word dest, Word space, Word scheduler, Word pager, Word utcb);
Word l4_space_control(Word space, Word control, Word kip, Word utcb, Word redirector, Word* old);
Word l4_schedule(Word dest, Word time, Word processor, Word priority, Word preemption, Word* oldTime);
void l4_unmap(Word control);
void l4_switch(Word dest);
unsigned long long l4_clock();
Word l4_memory_control(Word control, Word a0, Word a1, Word a2, Word a3);
Word l4_processor_control(Word number, Word internal, Word external, Word voltage);
}

/** lock; nop: the kernel interface page of this space; the other words on request. */
const char* Kip(Word* version = nullptr, Word* flags = nullptr, Word* kernel = nullptr);
inline Word KipWord(Word offset) { return *reinterpret_cast<const Word*>(Kip() + offset); }

/** The general form; MR0 is the tag to send. Returns the tag received. */
Word Ipc(Word to, Word from, Word timeouts, Word* sender = nullptr);
inline Word Send(Word to, Word timeout = NEVER) { return Ipc(to, NIL, Timeouts(timeout, NEVER)); }
inline Word Receive(Word from, Word timeout = NEVER) { return Ipc(NIL, from, Timeouts(NEVER, timeout)); }
inline Word Call(Word to) { return Ipc(to, to, FOREVER); }
inline Word Wait(Word* sender, Word timeout = NEVER) { return Ipc(NIL, ANY, Timeouts(NEVER, timeout), sender); }
inline Word ReplyWait(Word to, Word* sender) { return Ipc(to, ANY, Timeouts(ZERO, NEVER), sender); }
inline void Sleep(Word us) { Ipc(NIL, Me(), Timeouts(NEVER, Micro(us))); }

/** Loads tag and words into the message registers. */
template <typename... Words>
void Load(Word tag, Words... words) {
  int i = 0;
  SetMr(0, tag);
  (SetMr(++i, static_cast<Word>(words)), ...);
}

}  // namespace l4
