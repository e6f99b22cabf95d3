/*
 * The definitions behind task.h.
 */
#include "task.h"

using namespace l4;

extern "C" char l4_image_end[];

namespace task {

namespace {

constexpr Word STACK = 4096;
alignas(16) char stacks[SLOTS][STACK];
Word mainThread, mainUtcb;

volatile Word* pagerFaultTag;
void (*pagerOnFault)();

Word StackTop(int slot) { return reinterpret_cast<Word>(stacks[slot] + STACK - 16); }

void Pager() {
  Word from;
  for (Word tag = Wait(&from);;) {
    const Word address = Mr(1);
    if (Protocol(tag) == PAGE_FAULT && address >= IMAGE && address < IMAGE_END) {
      auto* byte = reinterpret_cast<volatile char*>(address);
      *byte = *byte;  // sigma0 gives the page to us before we pass it on
      Load(Tag(0, 0, 2), Item(MAP, address & ~0xfffu), Fpage(address & ~0xfffu, 12, RWX));
      tag = ReplyWait(from, &from);
      continue;
    }
    *pagerFaultTag = tag;
    const int slot = static_cast<int>(Number(from) - Number(Id(0)));
    Run(slot, pagerOnFault);
    tag = Wait(&from);
  }
}

}  // namespace

void Initialize() {
  // Threads have the main thread as their pager, which does not serve them: every page is there before they start.
  for (Word page = IMAGE; page < reinterpret_cast<Word>(l4_image_end); page += 0x1000)
    static_cast<void>(*reinterpret_cast<volatile char*>(page));
  mainThread = Me();
  mainUtcb = MyLocal() & ~0x1ffu;
}

Word Main() { return mainThread; }
Word Id(int slot) { return Global(Number(mainThread) + 2 + slot, 1); }
Word Utcb(int slot) { return mainUtcb + 512 * (slot + 1); }

Word Create(int slot, Word pager) {
  l4_thread_control(Id(slot), mainThread, mainThread, pager == NIL ? mainThread : pager, Utcb(slot));
  return Id(slot);
}

Word CreateSpace(int slot, Word pager) {
  const Word id = Id(slot);
  Word old;
  l4_thread_control(id, id, mainThread, NIL, 0xffffffff);
  l4_space_control(id, 0, Fpage(KIP_AREA, KIP_AREA_BITS), Fpage(UTCB_AREA, UTCB_AREA_BITS), NIL, &old);
  l4_thread_control(id, id, mainThread, pager, UTCB_AREA);
  return id;
}

void Run(int slot, void (*entry)()) {
  Exchanged x{X_RECV | X_SEND | X_SP | X_IP | X_SETH, StackTop(slot), reinterpret_cast<Word>(entry), 0, 0, 0};
  l4_exchange(Id(slot), &x);
}

void Delete(int slot) { l4_thread_control(Id(slot), NIL, NIL, NIL, 0xffffffff); }

void Rest() {
  for (;;) Ipc(NIL, Me(), FOREVER);
}

Word StartPager(int slot, volatile Word* faultTag, void (*onFault)()) {
  pagerFaultTag = faultTag;
  pagerOnFault = onFault;
  Create(slot);
  Word old;
  l4_schedule(Id(slot), 0xffffffff, 0xffffffff, 255, 0xffffffff, &old);
  Run(slot, Pager);
  return Id(slot);
}

}  // namespace task
