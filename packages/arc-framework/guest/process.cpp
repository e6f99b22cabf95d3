/*
 * Requests to P3 and ART, word by word.
 *
 * Here: loading and reading message registers. Every request is a call to the thread's pager, its P3.
 */
#include "process.h"

extern "C" {
/** threads.S: a status, or, in the clone, CLONED. */
status_t arc_clone();
/** threads.S: where a thread begins, with function and argument on its stack. */
void arc_begin_thread();
}

namespace process {

namespace {

/** Calls the P3 with `words` message registers that are loaded already; its status, and its tag for longer answers. */
status_t Ask(L4_Word_t label, int words, L4_MsgTag_t* answer = nullptr) {
  L4_LoadMR(0, L4_Tag(label, static_cast<L4_Word_t>(words)).raw);
  const L4_MsgTag_t tag = L4_Call(L4_Pager());
  if (answer) *answer = tag;
  if (tag.Failed() || tag.Untyped() < 1) return arc::STATUS_FAILED;
  return L4_StoreMR(1);
}

status_t AskAbout(L4_Word_t label, L4_Word_t word, L4_MsgTag_t* answer = nullptr) {
  L4_LoadMR(1, word);
  return Ask(label, 1, answer);
}

/** What arc_clone returns in the clone; no status. */
constexpr status_t CLONED = 0xffffffff;

}  // namespace

int LoadText(int first, const char* text) {
  size_t length = strlen(text);
  const size_t room = (x2::MAX_MESSAGE_WORDS - static_cast<L4_Word_t>(first) + 1) * 4;
  if (length >= room) length = room - 1;
  const int last = first + static_cast<int>(length / 4);  // holds at least the NUL
  L4_LoadMR(last, 0);
  memcpy(const_cast<L4_Word_t*>(L4_Utcb() + first), text, length);
  return last;
}

void ReceivedText(L4_MsgTag_t tag, int first, Text& text) {
  size_t length = 0;
  const auto* bytes = reinterpret_cast<const volatile char*>(L4_Utcb() + first);
  const int words = static_cast<int>(tag.Untyped()) - first + 1;
  const size_t room = words < 0 ? 0 : static_cast<size_t>(words) * 4;
  for (; length < room && length < TEXT_SIZE - 1 && bytes[length]; length++) text.bytes[length] = bytes[length];
  text.bytes[length] = 0;
}

void Exit(L4_Word_t status) {
  for (;;) AskAbout(arc::P3_EXIT, status);
}

status_t Lookup(const char* name, L4_ThreadId_t& thread, int attempts) {
  for (;;) {
    const status_t status = Ask(arc::ART_LOOKUP, LoadText(1, name));
    if (status == arc::STATUS_OK) thread = {L4_StoreMR(2)};
    if (status != arc::STATUS_NOT_FOUND || --attempts <= 0) return status;
    L4_Sleep(10'000);
  }
}

status_t Connect(const char* name, L4_Word_t agreement, L4_ThreadId_t& thread, int attempts) {
  for (;;) {
    L4_LoadMR(1, agreement);
    const status_t status = Ask(arc::ART_CONNECT, LoadText(2, name));
    if (status == arc::STATUS_OK) thread = {L4_StoreMR(2)};
    if (status != arc::STATUS_NOT_FOUND || --attempts <= 0) return status;
    L4_Sleep(10'000);
  }
}

status_t Execute(const char* commandLine, L4_Word_t& pid, Text& problem) {
  L4_MsgTag_t tag;
  const status_t status = Ask(arc::ART_EXECUTE, LoadText(1, commandLine), &tag);
  problem.bytes[0] = 0;
  if (status == arc::STATUS_OK) pid = L4_StoreMR(2);
  if (status == arc::STATUS_BAD_PROGRAM) ReceivedText(tag, 2, problem);
  return status;
}

status_t Wait(L4_Word_t pid, Ending& ending) {
  const status_t status = AskAbout(arc::ART_WAIT, pid);
  if (status == arc::STATUS_OK) ending = {L4_StoreMR(2), L4_StoreMR(3), L4_StoreMR(4), L4_StoreMR(5)};
  return status;
}

status_t Kill(L4_Word_t pid) { return AskAbout(arc::ART_KILL, pid); }

status_t ProcessInfo(L4_Word_t index, Info& info) {
  L4_MsgTag_t tag;
  const status_t status = AskAbout(arc::ART_PROCESS_INFO, index, &tag);
  if (status != arc::STATUS_OK) return status;
  info.pid = L4_StoreMR(2);
  info.thread = {L4_StoreMR(3)};
  info.pager = {L4_StoreMR(4)};
  info.state = L4_StoreMR(5);
  info.restarts = L4_StoreMR(6);
  info.pages = L4_StoreMR(7);
  info.flags = L4_StoreMR(8);
  ReceivedText(tag, 9, info.name);
  return status;
}

status_t FileInfo(L4_Word_t index, File& file) {
  L4_MsgTag_t tag;
  const status_t status = AskAbout(arc::ART_FILE_INFO, index, &tag);
  if (status != arc::STATUS_OK) return status;
  file.index = index;
  file.size = L4_StoreMR(2);
  ReceivedText(tag, 3, file.name);
  return status;
}

status_t FileFind(const char* name, File& file) {
  const status_t status = Ask(arc::ART_FILE_FIND, LoadText(1, name));
  if (status != arc::STATUS_OK) return status;
  file.index = L4_StoreMR(2);
  file.size = L4_StoreMR(3);
  const size_t length = strlen(name) < TEXT_SIZE ? strlen(name) : TEXT_SIZE - 1;
  memcpy(file.name.bytes, name, length);
  file.name.bytes[length] = 0;
  return status;
}

status_t FileRead(L4_Word_t index, L4_Word_t offset, char* bytes, L4_Word_t& count) {
  L4_LoadMR(1, index);
  L4_LoadMR(2, offset);
  const status_t status = Ask(arc::ART_FILE_READ, 2);
  if (status != arc::STATUS_OK) return status;
  count = L4_StoreMR(2);
  if (count > arc::ART_BYTES_PER_READ) return arc::STATUS_FAILED;
  memcpy(bytes, const_cast<const L4_Word_t*>(L4_Utcb() + 3), count);
  return status;
}

status_t AttachInterrupt(L4_Word_t irq, L4_ThreadId_t thread) {
  return AskAbout(arc::ART_INTERRUPT, thread.raw >> x2::THREAD_VERSION_BITS << arc::INTERRUPT_THREAD_SHIFT | irq);
}

status_t DetachInterrupt(L4_Word_t irq) { return AskAbout(arc::ART_INTERRUPT_END, irq); }

status_t Clone(L4_Word_t& pid) {
  const status_t status = arc_clone();
  pid = status == CLONED ? 0 : L4_StoreMR(2);
  return status == CLONED ? arc::STATUS_OK : status;
}

status_t NewThread(void (*function)(void*), void* argument, void* top, L4_ThreadId_t& thread) {
  auto* stack = static_cast<volatile L4_Word_t*>(top);
  *--stack = reinterpret_cast<L4_Word_t>(argument);
  *--stack = reinterpret_cast<L4_Word_t>(function);
  L4_LoadMR(1, reinterpret_cast<L4_Word_t>(arc_begin_thread));
  L4_LoadMR(2, reinterpret_cast<L4_Word_t>(stack));
  const status_t status = Ask(arc::P3_NEW_THREAD, 2);
  if (status == arc::STATUS_OK) thread = {L4_StoreMR(2)};
  return status;
}

status_t DeleteThread(L4_ThreadId_t thread) { return AskAbout(arc::P3_DELETE_THREAD, thread.raw); }

status_t SetPriority(L4_ThreadId_t thread, L4_Word_t priority) {
  L4_LoadMR(1, thread.raw);
  L4_LoadMR(2, priority);
  return Ask(arc::P3_PRIORITY, 2);
}

status_t RecoveryInfo(L4_Word_t index, L4_Word_t record[arc::RECOVERY_NAME], Text& name) {
  L4_MsgTag_t tag;
  const status_t status = AskAbout(arc::ART_RECOVERY_INFO, index, &tag);
  if (status != arc::STATUS_OK) return status;
  // The record's word n arrives one register later, behind the status.
  for (L4_Word_t n = arc::RECOVERY_PID; n < arc::RECOVERY_NAME; n++) record[n] = L4_StoreMR(static_cast<int>(n) + 1);
  ReceivedText(tag, arc::RECOVERY_NAME + 1, name);
  return status;
}

status_t BootInfo(L4_Word_t& resets, Text& reason) {
  L4_MsgTag_t tag;
  const status_t status = Ask(arc::ART_BOOT_INFO, 0, &tag);
  if (status != arc::STATUS_OK) return status;
  resets = L4_StoreMR(2);
  ReceivedText(tag, 3, reason);
  return status;
}

void PowerOff(L4_Word_t code) {
  for (;;) AskAbout(arc::ART_POWER_OFF, code);
}

}  // namespace process

/** For threads.S: tells P3 where a clone begins. */
extern "C" status_t arc_ask_clone(L4_Word_t ip, L4_Word_t sp) {
  L4_LoadMR(1, ip);
  L4_LoadMR(2, sp);
  L4_LoadMR(0, L4_Tag(arc::P3_CLONE, 2).raw);
  const L4_MsgTag_t tag = L4_Call(L4_Pager());
  return tag.Failed() || tag.Untyped() < 1 ? arc::STATUS_FAILED : L4_StoreMR(1);
}

extern "C" [[noreturn]] void arc_end_thread() {
  for (;;) {
    L4_LoadMR(1, 0);
    L4_LoadMR(0, L4_Tag(arc::P3_DELETE_THREAD, 1).raw);
    L4_Call(L4_Pager());
  }
}

extern "C" void arc_panic(const char* text) {
  for (;;) {
    const int words = process::LoadText(1, text);
    L4_LoadMR(0, L4_Tag(arc::P3_PANIC, static_cast<L4_Word_t>(words)).raw);
    L4_Call(L4_Pager());
  }
}
