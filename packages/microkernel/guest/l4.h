/*
 * L4 X.2 for guest programs: thread ids, messages, IPC and the other system calls.
 *
 * Here: X.2's words as C++ and calls through the kernel interface page, whose place is found at start (L4_Initialize).
 * Not here: the register contract (-> system-calls.S), the numbers (-> generated/x2.h), Arc's protocols (arc-framework).
 * A message is built in the message registers (the running thread's UTCB), sent, and its answer read there.
 * Reference: L4 X.2 reference manual; the names are its.
 */
#pragma once
#include "generated/x2.h"
#include "memory.h"

using L4_Word_t = unsigned int;

struct L4_ThreadId_t {
  L4_Word_t raw;
  bool operator==(const L4_ThreadId_t&) const = default;
};
constexpr L4_ThreadId_t L4_nilthread{x2::NIL_THREAD};
constexpr L4_ThreadId_t L4_anythread{static_cast<L4_Word_t>(x2::ANY_THREAD)};

/** The global id of a thread number and version. */
constexpr L4_ThreadId_t L4_GlobalId(L4_Word_t number, L4_Word_t version) {
  return {number << x2::THREAD_VERSION_BITS | version};
}

/** A message tag (MR0): label, number of typed and untyped words, and the flags of the kernel. */
struct L4_MsgTag_t {
  L4_Word_t raw;
  L4_Word_t Label() const { return raw >> 16; }
  L4_Word_t Untyped() const { return raw & 0x3f; }
  L4_Word_t Typed() const { return raw >> 6 & 0x3f; }
  bool Failed() const { return raw & x2::TAG_ERROR; }
};
constexpr L4_MsgTag_t L4_Tag(L4_Word_t label, L4_Word_t untyped) { return {label << 16 | untyped}; }

/** The running thread's UTCB, as words from MR0: message registers upwards, thread control registers downwards. */
inline volatile L4_Word_t* L4_Utcb() {
  volatile L4_Word_t* utcb;
  asm("movl %%gs:0, %0" : "=r"(utcb));
  return utcb;
}
/** The message registers as bytes and words; index 0 is the tag. Calls change them behind the compiler's back. */
inline L4_Word_t L4_StoreMR(int index) { return L4_Utcb()[index]; }
inline void L4_LoadMR(int index, L4_Word_t word) { L4_Utcb()[index] = word; }
inline L4_Word_t L4_Tcr(int index) { return L4_Utcb()[index]; }
inline void L4_SetTcr(int index, L4_Word_t word) { L4_Utcb()[index] = word; }
inline L4_ThreadId_t L4_Myself() { return {L4_Tcr(x2::TCR_MY_GLOBAL_ID)}; }
inline L4_ThreadId_t L4_Pager() { return {L4_Tcr(x2::TCR_PAGER)}; }
/** Why the last call failed. */
inline L4_Word_t L4_ErrorCode() { return L4_Tcr(x2::TCR_ERROR_CODE); }

/** A time value of at least `microseconds`. */
L4_Word_t L4_TimePeriod(L4_Word_t microseconds);
constexpr L4_Word_t L4_Timeouts(L4_Word_t send, L4_Word_t receive) { return send << 16 | receive; }

/** Send and receive in one step; `sender` (may be null) gets the id of whose message arrived. MR0 is the tag sent. */
L4_MsgTag_t L4_Ipc(L4_ThreadId_t to, L4_ThreadId_t from, L4_Word_t timeouts, L4_ThreadId_t* sender);
/** Sends and waits for the answer, both without a time limit. */
L4_MsgTag_t L4_Call(L4_ThreadId_t to);
/** Answers a thread that waits already (a send that cannot be received at once fails), then waits for anyone. */
L4_MsgTag_t L4_ReplyWait(L4_ThreadId_t to, L4_ThreadId_t& sender);
L4_MsgTag_t L4_Wait(L4_ThreadId_t& sender);
/** Sends to a thread that waits already, or fails. */
L4_MsgTag_t L4_Reply(L4_ThreadId_t to);
L4_MsgTag_t L4_Send(L4_ThreadId_t to);
L4_MsgTag_t L4_Receive(L4_ThreadId_t from);
/** Waits at least `microseconds`. */
void L4_Sleep(L4_Word_t microseconds);

/** Stores the entry addresses of the running thread's kernel interface page; every start does it before anything else. */
void L4_Initialize();
/** Address of the kernel interface page. */
const void* L4_KernelInterface();

/** SP IP FLAGS UserDefinedHandle pager, in and out of ExchangeRegisters. */
struct L4_Registers {
  L4_Word_t sp, ip, flags, handle, pager;
};

extern "C" {
L4_Word_t l4_ipc(L4_Word_t to, L4_Word_t from, L4_Word_t timeouts, L4_Word_t* sender);
L4_Word_t l4_exchange_registers(L4_Word_t dest, L4_Registers* values, L4_Word_t* control);
L4_Word_t l4_thread_control(L4_Word_t dest, L4_Word_t space, L4_Word_t scheduler, L4_Word_t pager, L4_Word_t utcb);
L4_Word_t l4_space_control(L4_Word_t space, L4_Word_t control, L4_Word_t kipArea, L4_Word_t utcbArea,
                           L4_Word_t redirector, L4_Word_t* oldControl);
L4_Word_t l4_schedule(L4_Word_t dest, L4_Word_t time, L4_Word_t processor, L4_Word_t priority, L4_Word_t preemption,
                      L4_Word_t* oldTime);
void l4_unmap(L4_Word_t control);
void l4_thread_switch(L4_Word_t dest);
unsigned long long l4_system_clock();
}
