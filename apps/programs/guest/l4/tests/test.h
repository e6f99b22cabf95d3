/*
 * What the test topics share: checks that print a line each, jobs for threads, and faults that the main thread serves.
 *
 * Here: two threads of the root task's space (A, B) and two in spaces of their own (C, D). A job runs on one of them; globals
 * are shared by all. The main thread is everybody's pager: the window at V is backed by the pages at ARENA, on demand.
 * Not here: the checks (-> the topics).
 */
#pragma once
#include "print.h"
#include "task.h"

namespace test {

using l4::Word;
using task::Id;

constexpr int A = 0, B = 1, C = 2, D = 3, EXTRA = 4;
constexpr Word PAGE = 0x1000;
/** Pages to give away, and where children see them. */
constexpr Word ARENA = 0x800000, ARENA_BITS = 20, V = 0x20000000;

/** Names the topic of the checks that follow. */
void Topic(const char* name);
/** One check: `ok` or `FAILED`, the topic and what is true. */
void Check(const char* what, bool holds);
/** Prints the totals. */
void Finish();

/** Makes A to D. */
void Prepare();
/** Lets a thread run `job`, which tells the main thread when it is done. */
void Start(int slot, void (*job)());
/** Serves faults until so many jobs are done; false if nothing happens for 100 ms. */
bool Await(int jobs);
/** Start and Await of one job. */
bool Do(int slot, void (*job)());

/** Page faults seen since Forget(). */
struct Fault {
  Word from, tag, address, ip;
};
extern volatile Fault faults[64];
extern volatile int faultCount;
/** Faults at or above this address of the window get no answer. */
extern volatile Word silentFrom;
/** Takes the arena back from everybody and forgets the faults. */
void Forget();

}  // namespace test
