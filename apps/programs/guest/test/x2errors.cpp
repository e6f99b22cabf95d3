/*
 * x2errors: what the kernel answers to bad partners, bad ids, timeouts and calls without privilege.
 *
 * Here: one line per case, tag and ErrorCode in hexadecimal, the form in which they are compared. A test program.
 * Reference: L4 X.2 reference manual, error codes of each system call.
 */
#include "terminal.h"

namespace {

constexpr L4_ThreadId_t NOBODY = L4_GlobalId(9999, 1);
constexpr L4_Word_t FINITE = 20'000;

/** One Ipc with an empty message. */
void Ipc(const char* what, L4_ThreadId_t to, L4_ThreadId_t from, L4_Word_t timeouts) {
  const unsigned long long start = l4_system_clock();
  L4_LoadMR(0, 0);
  L4_ThreadId_t sender;
  const L4_MsgTag_t tag = L4_Ipc(to, from, timeouts, &sender);
  const L4_Word_t error = L4_ErrorCode();
  const bool waited = l4_system_clock() - start >= FINITE;
  if (tag.Failed()) terminal::Print("%s: tag=%08x err=%x%s\n", what, tag.raw, error, waited ? " after 20 ms" : "");
  else terminal::Print("%s: tag=%08x from=%08x\n", what, tag.raw, sender.raw);
}

void Control(const char* what, L4_Word_t result) {
  const L4_Word_t error = L4_ErrorCode();
  terminal::Print("%s: result=%x err=%x\n", what, result, error);
}

}  // namespace

extern "C" int arc_main(int, char**) {
  using namespace x2;
  const L4_ThreadId_t me = L4_Myself();
  const L4_Word_t period = L4_TimePeriod(FINITE);
  terminal::Print("x2errors\n");  // finds the serial server before anything is measured
  Ipc("send nonexisting", NOBODY, L4_nilthread, L4_Timeouts(TIME_NEVER, TIME_NEVER));
  Ipc("send wrong version", {me.raw + 1}, L4_nilthread, L4_Timeouts(TIME_NEVER, TIME_NEVER));
  Ipc("call nonexisting", NOBODY, NOBODY, L4_Timeouts(TIME_NEVER, TIME_NEVER));
  Ipc("recv nonexisting", L4_nilthread, NOBODY, L4_Timeouts(TIME_NEVER, TIME_NEVER));
  Ipc("recv zero timeout", L4_nilthread, L4_Pager(), L4_Timeouts(TIME_NEVER, TIME_ZERO));
  Ipc("recv 20ms", L4_nilthread, L4_Pager(), L4_Timeouts(TIME_NEVER, period));
  Ipc("wait zero", L4_nilthread, L4_anythread, L4_Timeouts(TIME_NEVER, TIME_ZERO));
  Ipc("wait 20ms", L4_nilthread, L4_anythread, L4_Timeouts(TIME_NEVER, period));
  Ipc("send to self zero", me, L4_nilthread, L4_Timeouts(TIME_ZERO, TIME_NEVER));
  Ipc("send to self 20ms", me, L4_nilthread, L4_Timeouts(period, TIME_NEVER));
  Ipc("nil/nil", L4_nilthread, L4_nilthread, L4_Timeouts(TIME_NEVER, TIME_NEVER));

  L4_Registers registers{};
  L4_Word_t control = 0, old = 0;
  Control("exchange registers of nobody", l4_exchange_registers(NOBODY.raw, &registers, &control));
  control = 0;
  Control("exchange registers of my pager", l4_exchange_registers(L4_Pager().raw, &registers, &control));
  Control("schedule nobody", l4_schedule(NOBODY.raw, ~0u, ~0u, ~0u, ~0u, &old));
  Control("thread control", l4_thread_control(NOBODY.raw, me.raw, me.raw, me.raw, ~0u));
  Control("thread delete", l4_thread_control(me.raw, 0, 0, 0, ~0u));
  Control("space control", l4_space_control(me.raw, 0, 0, 0, 0, &old));
  terminal::Print("x2errors: done\n");
  return 0;
}
