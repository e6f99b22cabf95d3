/*
 * The X.2 calls in C++, and where their entries lie.
 *
 * Here: timeouts of the usual forms of Ipc, time values, finding the kernel interface page.
 * Not here: registers (-> system-calls.S).
 */
#include "l4.h"

extern "C" {
L4_Word_t l4_entry_ipc;
L4_Word_t l4_entry_exchange_registers;
L4_Word_t l4_entry_thread_control;
L4_Word_t l4_entry_space_control;
L4_Word_t l4_entry_schedule;
L4_Word_t l4_entry_unmap;
L4_Word_t l4_entry_thread_switch;
L4_Word_t l4_entry_system_clock;
}

const void* L4_KernelInterface() {
  const void* kip;
  L4_Word_t version, flags, kernel;
  asm volatile(".byte 0xf0, 0x90"  // lock nop: illegal everywhere, so the kernel sees it
               : "=a"(kip), "=c"(version), "=d"(flags), "=S"(kernel));
  return kip;
}

void L4_Initialize() {
  const auto* kip = static_cast<const char*>(L4_KernelInterface());
  const auto entry = [kip](L4_Word_t offset) {
    return reinterpret_cast<L4_Word_t>(kip) + *reinterpret_cast<const L4_Word_t*>(kip + offset);
  };
  l4_entry_ipc = entry(x2::KIP_IPC);
  l4_entry_exchange_registers = entry(x2::KIP_EXCHANGE_REGISTERS);
  l4_entry_thread_control = entry(x2::KIP_THREAD_CONTROL);
  l4_entry_space_control = entry(x2::KIP_SPACE_CONTROL);
  l4_entry_schedule = entry(x2::KIP_SCHEDULE);
  l4_entry_unmap = entry(x2::KIP_UNMAP);
  l4_entry_thread_switch = entry(x2::KIP_THREAD_SWITCH);
  l4_entry_system_clock = entry(x2::KIP_SYSTEM_CLOCK);
}

L4_Word_t L4_TimePeriod(L4_Word_t microseconds) {
  if (microseconds == 0) return x2::TIME_ZERO;
  L4_Word_t exponent = 0, mantissa = microseconds;
  while (mantissa > 0x3ff) {  // rounding up at each halving: a period is never shorter than asked for
    mantissa = (mantissa >> 1) + (mantissa & 1);
    exponent++;
  }
  return exponent << 10 | mantissa;
}

L4_MsgTag_t L4_Ipc(L4_ThreadId_t to, L4_ThreadId_t from, L4_Word_t timeouts, L4_ThreadId_t* sender) {
  L4_Word_t id;
  const L4_MsgTag_t tag{l4_ipc(to.raw, from.raw, timeouts, &id)};
  if (sender) *sender = {id};
  return tag;
}

L4_MsgTag_t L4_Call(L4_ThreadId_t to) {
  return L4_Ipc(to, to, L4_Timeouts(x2::TIME_NEVER, x2::TIME_NEVER), nullptr);
}

L4_MsgTag_t L4_ReplyWait(L4_ThreadId_t to, L4_ThreadId_t& sender) {
  return L4_Ipc(to, L4_anythread, L4_Timeouts(x2::TIME_ZERO, x2::TIME_NEVER), &sender);
}

L4_MsgTag_t L4_Wait(L4_ThreadId_t& sender) {
  return L4_Ipc(L4_nilthread, L4_anythread, L4_Timeouts(x2::TIME_NEVER, x2::TIME_NEVER), &sender);
}

L4_MsgTag_t L4_Reply(L4_ThreadId_t to) {
  return L4_Ipc(to, L4_nilthread, L4_Timeouts(x2::TIME_ZERO, x2::TIME_NEVER), nullptr);
}

L4_MsgTag_t L4_Send(L4_ThreadId_t to) {
  return L4_Ipc(to, L4_nilthread, L4_Timeouts(x2::TIME_NEVER, x2::TIME_NEVER), nullptr);
}

L4_MsgTag_t L4_Receive(L4_ThreadId_t from) {
  return L4_Ipc(L4_nilthread, from, L4_Timeouts(x2::TIME_NEVER, x2::TIME_NEVER), nullptr);
}

void L4_Sleep(L4_Word_t microseconds) {
  // Waiting for oneself can only time out.
  L4_Ipc(L4_nilthread, L4_Myself(), L4_Timeouts(x2::TIME_NEVER, L4_TimePeriod(microseconds)), nullptr);
}
