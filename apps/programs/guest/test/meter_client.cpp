/*
 * meter-client write SERVER PAGES COUNT | beat SERVER PERIOD COUNT: the benches' client. A test program.
 *
 * Here: `write` has a server (meter.h) write to that many pages, COUNT times. `beat` asks for an echo every PERIOD microseconds and
 * counts the deadlines – the ends of periods – by which no good answer had come. Both end with OK.
 */
#include "meter.h"
#include "terminal.h"

namespace {

constexpr int PATIENCE = 100;

L4_Word_t Number(const char* text) {
  L4_Word_t number = 0;
  while (*text >= '0' && *text <= '9') number = number * 10 + static_cast<L4_Word_t>(*text++ - '0');
  return number;
}

bool Ask(L4_ThreadId_t server, L4_Word_t label, L4_Word_t word) {
  L4_LoadMR(1, word);
  L4_LoadMR(0, L4_Tag(label, 1).raw);
  return !L4_Call(server).Failed() && L4_StoreMR(1) == arc::STATUS_OK;
}

int Write(L4_ThreadId_t server, L4_Word_t pages, L4_Word_t count) {
  for (L4_Word_t n = 0; n < count; n++)
    if (!Ask(server, meter::WRITE, pages)) return 1;
  terminal::Print("%u requests: OK\n", count);
  return 0;
}

int Beat(L4_ThreadId_t server, L4_Word_t period, L4_Word_t count) {
  L4_Word_t missed = 0, errors = 0, longest = 0;
  unsigned long long due = l4_system_clock();
  for (L4_Word_t n = 0; n < count; n++) {
    const unsigned long long began = l4_system_clock();
    const bool good = Ask(server, meter::ECHO, n);
    unsigned long long now = l4_system_clock();
    if (now - began > longest) longest = static_cast<L4_Word_t>(now - began);
    due += period;
    if (!good) errors++;
    if (!good && now <= due) missed++;
    // Behind a late answer the client goes on with the next whole period.
    for (; now > due; due += period) missed++;
    for (; now < due; now = l4_system_clock()) L4_Sleep(static_cast<L4_Word_t>(due - now));
  }
  terminal::Print("missed %u errors %u longest %u: OK\n", missed, errors, longest);
  return 0;
}

}  // namespace

extern "C" int arc_main(int argc, char** argv) {
  L4_ThreadId_t server;
  if (argc != 5 || process::Lookup(argv[2], server, PATIENCE) != arc::STATUS_OK) return 1;
  const L4_Word_t amount = Number(argv[3]), count = Number(argv[4]);
  return strcmp(argv[1], "write") == 0 ? Write(server, amount, count) : Beat(server, amount, count);
}
