/*
 * probe's beginning: the kernel interface page, then each topic in the transcript's order.
 *
 * Here: what all topics show things with. Not here: the topics (-> ipc.cpp, faults.cpp, control.cpp).
 */
#include "probe.h"

using namespace l4;

namespace probe {

void Show(const char* what, Word tag, int words) {
  const Word error = tag & E ? Error() : 0;
  Print("  %s: tag=%08x err=%x mrs:", what, tag, error);
  if (words < 0) words = tag & E ? 0 : static_cast<int>(Untyped(tag));
  for (int i = 1; i <= words; i++) Print(" %x", Mr(i));
  Print("\n");
}

Word WithTag(Word tag, Word to, Word from, Word timeouts, Word* sender) {
  SetMr(0, tag);
  return Ipc(to, from, timeouts, sender);
}

}  // namespace probe

namespace {

void ShowKip() {
  Word version, flags, kernel;
  const Word kip = reinterpret_cast<Word>(Kip(&version, &flags, &kernel));
  Print("[kip] magic=%08x api=%08x flags=%x utcbinfo=%x kiparea=%x clock=%x thread=%08x page=%08x proc=%08x kip@%08x\n",
        KipWord(0), version, flags, KipWord(0xa8), KipWord(0xac), KipWord(0xc0), KipWord(0xc4), KipWord(0xc8), KipWord(0xcc),
        kip);
  volatile Word* u = Utcb();
  Print("[self] global=%08x local=%08x pager=%08x exch=%08x udh=%x cpu=%x xfer=%x\n", Me(), MyLocal(), u[PAGER],
        u[EXCEPTION_HANDLER], u[USER_HANDLE], u[PROCESSOR], u[XFER_TIMEOUTS]);
}

}  // namespace

extern "C" int main() {
  task::Initialize();
  Print("ABIPROBE 2\n");
  using namespace probe;
  ShowKip();
  task::Create(T1);
  Errors();
  Calls();
  Exceptions();
  PageFaults();
  ExchangeRegisters();
  ThreadControl();
  SpaceControl();
  Unmap();
  Strings();
  Clock();
  Propagation();
  Deletion();
  Misc();
  Print("ABIPROBE END\n");
  return 0;
}
