/*
 * How a program starts: the start block, and the page on which the kernel records requests and failures.
 *
 * Here: both layouts as C++ (docs/protocols.md, sections 6 and 11), checked against the generated word numbers.
 * Not here: what a server does with them (-> arc_server.h).
 */
#pragma once
#include "generated/protocol.h"
#include "l4.h"

/** A reply's MR1, and what handlers return: one of arc::STATUS_*. */
using status_t = L4_Word_t;

/** What ESP points at when the program is entered. */
struct StartBlock {
  L4_Word_t reason;  ///< 0 first start, else x2::FAILURE_*
  const struct RestartPage* restart;
  L4_Word_t argc;
  char** argv;
  L4_Word_t pid;
};
static_assert(sizeof(StartBlock) == 4 * arc::START_WORDS);

/** The registers of a thread as a failure interrupted it. */
struct Frame {
  L4_Word_t eip, eflags, edi, esi, ebp, esp, ebx, edx, ecx, eax;
};

/** Written by the kernel, in the same step as the event; read-only here. */
struct RestartPage {
  L4_Word_t magic;
  L4_Word_t sequence;  ///< number of the last request received
  L4_Word_t replied;   ///< = sequence once its sender has been answered
  L4_ThreadId_t sender;
  L4_MsgTag_t tag;
  L4_Word_t reserved[3];
  L4_Word_t mr1[63];
  L4_Word_t reserved2[9];
  L4_Word_t failure, detail, errorCode, address;
  Frame frame;
  L4_Word_t timeLow, timeHigh;
  L4_Word_t losses;  ///< how often a server that it wants to be told of has lost its memory; P3 writes it
  L4_Word_t undo;    ///< transactional pages written since the last commit that P3 knows of; P3 writes it
  L4_Word_t environment;  ///< arc::ENVIRONMENT_ bits: what is different in this life; P3 writes it
};
static_assert(__builtin_offsetof(RestartPage, mr1) == 4 * x2::RESTART_MR1);
static_assert(__builtin_offsetof(RestartPage, failure) == 4 * x2::RESTART_FAILURE);
static_assert(__builtin_offsetof(RestartPage, frame) == 4 * x2::RESTART_FRAME);
static_assert(__builtin_offsetof(RestartPage, timeHigh) == 4 * x2::RESTART_TIME_HIGH);
static_assert(__builtin_offsetof(RestartPage, losses) == 4 * x2::RESTART_LOSSES);
static_assert(__builtin_offsetof(RestartPage, undo) == 4 * x2::RESTART_UNDO);
static_assert(__builtin_offsetof(RestartPage, environment) == 4 * x2::RESTART_ENVIRONMENT);

/** The block of this start; set before any constructor runs. */
extern const StartBlock* arc_start;

/** What a program defines. Its result is the exit status. */
extern "C" int arc_main(int argc, char** argv);

extern "C" [[noreturn]] void arc_switch_stack(L4_Word_t top, void (*function)(void*), void* argument);
