/*
 * Commands about failures: crash, timeline, poweroff.
 *
 * Here: asking the kernel debugger for a crash, and tables of recoveries. Not here: crashing (the machine redirects the
 * server to its own failing code, arc_fault_*), recovering (P3).
 */
#include "command.h"

namespace msh {

namespace {

/** Numbered from 1; the debugger's ECX. */
constexpr const char* KINDS[] = {"page-fault", "divide", "undefined", "panic", "hang", "text-write"};
constexpr const char* ACTIONS[] = {"?", "hot restart", "cold restart", "removed", "handler restart", "reboot", "group restart",
                                   "warm restart"};
constexpr const char* STEPS[] = {"detect", "decide", "unmap", "initialize", "load", "start", "recover", "wait"};
static_assert(sizeof STEPS / sizeof *STEPS == arc::RECOVERY_STEP_COUNT);

constexpr L4_Word_t CYCLES_PER_MICROSECOND = 100;
constexpr L4_Word_t DEFAULT_RECOVERIES = 3;
/** A printed line is with the chip, not yet on the wire: the last 16 bytes take 1.4 ms more. */
constexpr L4_Word_t WIRE_MICROSECONDS = 2'000;

/** Trap to the kernel debugger, operation 'K': redirect a thread to failing code. */
void Debugger(L4_Word_t thread, L4_Word_t kind) {
  asm volatile("int3; cmpb $0x4b, %%al" : : "a"(thread), "c"(kind) : "cc", "memory");
}

void ShowRecovery(const L4_Word_t record[arc::RECOVERY_NAME], const char* name) {
  const L4_Word_t action = record[arc::RECOVERY_ACTION];
  terminal::Print("%s (pid %u): ", name, record[arc::RECOVERY_PID]);
  PrintFailure(record[arc::RECOVERY_KIND], record[arc::RECOVERY_DETAIL], record[arc::RECOVERY_ADDRESS]);
  terminal::Print(": %s\n", action < sizeof ACTIONS / sizeof *ACTIONS ? ACTIONS[action] : "?");
  terminal::Print("  step        instructions charged us  pages\n");
  L4_Word_t total[3] = {};
  for (L4_Word_t step = 0; step < arc::RECOVERY_STEP_COUNT; step++) {
    const L4_Word_t* words = record + arc::RECOVERY_STEPS + step * arc::RECOVERY_WORDS_PER_STEP;
    for (int n = 0; n < 3; n++) total[n] += words[n];
    terminal::Print("  %-11s %12u %7u.%02u %6u\n", STEPS[step], words[0], words[1] / CYCLES_PER_MICROSECOND,
                    words[1] % CYCLES_PER_MICROSECOND, words[2]);
  }
  terminal::Print("  %-11s %12u %7u.%02u %6u\n", "total", total[0], total[1] / CYCLES_PER_MICROSECOND,
                  total[1] % CYCLES_PER_MICROSECOND, total[2]);
}

}  // namespace

void CrashServer(const Words& words) {
  L4_Word_t kind = 0;
  if (words.count == 3)
    for (L4_Word_t n = 0; n < sizeof KINDS / sizeof *KINDS; n++)
      if (strcmp(words.word[2], KINDS[n]) == 0) kind = n + 1;
  if (kind == 0) {
    terminal::Print("crash: whom, and how? usage: crash SERVER page-fault|divide|undefined|panic|hang|text-write\n");
    return;
  }
  L4_ThreadId_t server;
  const status_t status = process::Lookup(words.word[1], server);
  if (status != arc::STATUS_OK) return PrintStatus("crash", words.word[1], status);
  Debugger(server.raw, kind);
}

void ShowTimeline(const Words& words) {
  L4_Word_t limit = DEFAULT_RECOVERIES;
  if (words.count > 2 || (words.count == 2 && !ParseNumber(words.word[1], limit))) {
    terminal::Print("timeline: how many? usage: timeline [COUNT]\n");
    return;
  }
  L4_Word_t record[arc::RECOVERY_NAME];
  process::Text name;
  L4_Word_t shown = 0;
  while (shown < limit && process::RecoveryInfo(shown, record, name) == arc::STATUS_OK) {
    ShowRecovery(record, name.bytes);
    shown++;
  }
  if (shown == 0) terminal::Print("timeline: nothing has been recovered yet\n");
}

void PowerOff(const Words& words) {
  L4_Word_t code = 0;
  if (words.count > 2 || (words.count == 2 && (!ParseNumber(words.word[1], code) || code > 255))) {
    terminal::Print("poweroff: the exit code is a number from 0 to 255; usage: poweroff [CODE]\n");
    return;
  }
  L4_Sleep(WIRE_MICROSECONDS);
  process::PowerOff(code);
}

}  // namespace msh
