/*
 * ipcpong [COUNT]: IPC round trips between two processes, every word of every answer checked.
 *
 * Here: both sides; the program starts itself a second time as `ipcpong pong`. A test program.
 */
#include "terminal.h"

namespace {

constexpr L4_Word_t ROUND_TRIPS = 100'000;
constexpr L4_Word_t PING = 0x701, STOP = 0x702;
constexpr int WORDS = 3;

constexpr L4_Word_t Question(L4_Word_t round, int word) { return round * 0x9e3779b1u + static_cast<L4_Word_t>(word); }
constexpr L4_Word_t Answer(L4_Word_t question) { return ~question; }

/** The other side: answers until told to stop. */
int Pong() {
  L4_ThreadId_t sender;
  L4_MsgTag_t tag = L4_Wait(sender);
  for (;;) {
    if (tag.Failed()) {
      tag = L4_Wait(sender);
      continue;
    }
    const bool stop = tag.Label() == STOP;
    for (int n = 1; n <= WORDS; n++) L4_LoadMR(n, Answer(L4_StoreMR(n)));
    L4_LoadMR(0, L4_Tag(tag.Label(), WORDS).raw);
    if (stop) {
      L4_Reply(sender);
      return 0;
    }
    tag = L4_ReplyWait(sender, sender);
  }
}

bool RoundTrip(L4_ThreadId_t partner, L4_Word_t label, L4_Word_t round) {
  for (int n = 1; n <= WORDS; n++) L4_LoadMR(n, Question(round, n));
  L4_LoadMR(0, L4_Tag(label, WORDS).raw);
  const L4_MsgTag_t tag = L4_Call(partner);
  bool right = tag.raw == L4_Tag(label, WORDS).raw;
  for (int n = 1; n <= WORDS; n++) right = right && L4_StoreMR(n) == Answer(Question(round, n));
  return right;
}

/** The thread of a process, by its pid. */
bool ThreadOf(L4_Word_t pid, L4_ThreadId_t& thread) {
  process::Info info;
  for (L4_Word_t index = 0; process::ProcessInfo(index, info) == arc::STATUS_OK; index++)
    if (info.pid == pid) return thread = info.thread, true;
  return false;
}

L4_Word_t CountOf(const char* text) {
  L4_Word_t count = 0;
  for (; *text >= '0' && *text <= '9'; text++) count = count * 10 + static_cast<L4_Word_t>(*text - '0');
  return count;
}

}  // namespace

extern "C" int arc_main(int argc, char** argv) {
  if (argc > 1 && strcmp(argv[1], "pong") == 0) return Pong();
  const L4_Word_t count = argc > 1 ? CountOf(argv[1]) : ROUND_TRIPS;
  L4_Word_t pid;
  process::Text problem;
  L4_ThreadId_t partner;
  if (process::Execute("ipcpong pong", pid, problem) != arc::STATUS_OK || !ThreadOf(pid, partner)) {
    terminal::Print("ipcpong: the partner does not start\n");
    return 1;
  }
  const unsigned long long start = l4_system_clock();
  for (L4_Word_t round = 0; round < count; round++) {
    if (RoundTrip(partner, PING, round)) continue;
    terminal::Print("ipcpong: round trip %u went wrong (error 0x%x)\n", round, L4_ErrorCode());
    return 1;
  }
  const auto nanoseconds = static_cast<L4_Word_t>((l4_system_clock() - start) * 1000 / (count ? count : 1));
  process::Ending ending;
  if (!RoundTrip(partner, STOP, count) || process::Wait(pid, ending) != arc::STATUS_OK || ending.status != 0) {
    terminal::Print("ipcpong: the partner does not end\n");
    return 1;
  }
  terminal::Print("ipcpong: %u round trips, contents checked, %u ns each: OK\n", count, nanoseconds);
  return 0;
}
