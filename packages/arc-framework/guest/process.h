/*
 * What a program asks of its P3 and, through it, of ART.
 *
 * Here: one function per message (docs/protocols.md, section 7). Not here: printing (-> terminal.h), servers' side
 * (-> arc_server.h). Functions return a status, arc::STATUS_*, and fill their outputs only when it is STATUS_OK.
 */
#pragma once
#include "start.h"

/** Ends the program at once, as a failure that its supervisor decides about. */
extern "C" [[noreturn]] void arc_panic(const char* text);

namespace process {

/** Text of a name or a reason, NUL-terminated. */
constexpr size_t TEXT_SIZE = 128;
struct Text {
  char bytes[TEXT_SIZE];
};

/** How a program ended. `kind` is 0 (it exited) or x2::FAILURE_*; detail and address as in the restart page. */
struct Ending {
  L4_Word_t status, kind, detail, address;
};

struct Info {
  L4_Word_t pid;
  L4_ThreadId_t thread, pager;
  L4_Word_t state;  ///< x2::SCHEDULE_*
  L4_Word_t restarts, pages, flags;
  Text name;
};

struct File {
  L4_Word_t index, size;
  Text name;
};

[[noreturn]] void Exit(L4_Word_t status);
/** Asks again every 10 ms, up to `attempts` times, while nobody has that name. */
status_t Lookup(const char* name, L4_ThreadId_t& thread, int attempts = 1);
/** As Lookup; `agreement`, arc::AGREEMENT_*, says what follows when that server loses its memory. */
status_t Connect(const char* name, L4_Word_t agreement, L4_ThreadId_t& thread, int attempts = 1);
/** Starts a program; when it is not a loadable one, `problem` says why. */
status_t Execute(const char* commandLine, L4_Word_t& pid, Text& problem);
/** Waits until a program ends. */
status_t Wait(L4_Word_t pid, Ending& ending);
status_t Kill(L4_Word_t pid);
/** The index-th process, from 0; STATUS_NOT_FOUND after the last. */
status_t ProcessInfo(L4_Word_t index, Info& info);
status_t FileInfo(L4_Word_t index, File& file);
status_t FileFind(const char* name, File& file);
/** Reads up to arc::ART_BYTES_PER_READ bytes at `offset`; `count` is 0 at the end. */
status_t FileRead(L4_Word_t index, L4_Word_t offset, char* bytes, L4_Word_t& count);
/** Makes the program's first thread, or another of its threads, the handler of an interrupt. */
status_t AttachInterrupt(L4_Word_t irq, L4_ThreadId_t thread = L4_nilthread);
/** The interrupt comes no more. */
status_t DetachInterrupt(L4_Word_t irq);

/**
 * This process twice: `pid` is the other one's here, and 0 there. The clone has the calling thread only, and no sessions;
 * memory is copied when either of the two writes. For programs, not for servers.
 */
status_t Clone(L4_Word_t& pid);
/** One more thread, which calls function(argument) on a stack that ends at `top`, and is gone when that returns. A restart ends it. */
status_t NewThread(void (*function)(void*), void* argument, void* top, L4_ThreadId_t& thread);
/** Ends a thread made by NewThread. */
status_t DeleteThread(L4_ThreadId_t thread);
/** Priority of a thread of this process, at most what the process was given. */
status_t SetPriority(L4_ThreadId_t thread, L4_Word_t priority);
/** The record of the index-th latest recovery, words as in generated/protocol.h (RECOVERY_*), and its name. */
status_t RecoveryInfo(L4_Word_t index, L4_Word_t record[arc::RECOVERY_NAME], Text& name);
status_t BootInfo(L4_Word_t& resets, Text& reason);
[[noreturn]] void PowerOff(L4_Word_t code);

/** Text of message registers `first`… of the message just received. */
void ReceivedText(L4_MsgTag_t tag, int first, Text& text);
/** Puts text into message registers `first`…; the number of the last word used. Text beyond the message is cut. */
int LoadText(int first, const char* text);

}  // namespace process
