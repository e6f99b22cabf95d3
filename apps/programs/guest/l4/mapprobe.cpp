/*
 * mapprobe: what map and grant items, windows and Unmap do, in the form of a transcript taken from L4Ka::Pistachio.
 *
 * Here: a root task with sixteen pages to give away, two children in spaces of their own that receive, touch, pass on and
 * unmap on command. Not here: everything else (-> probe/). Words and order are the transcript's.
 */
#include "print.h"
#include "task.h"

using namespace l4;
using task::Id;
using task::Main;

namespace {

constexpr int C0 = 0, C1 = 1, PAGER_SLOT = 2;
/** Sixteen pages behind the image, each filled with 0x10 plus its number. */
constexpr Word ARENA = task::IMAGE_END, ARENA_SIZE = 0x10000, PAGE = 0x1000;
constexpr Word V = 0x20000000;

// Commands: label of the message, with their words.
constexpr Word READ_BYTE = 1, WRITE_BYTE = 2, RECEIVE = 3, SEND = 4, UNMAP = 5, FAULT = 6;

volatile Word faultTag;

/** Arena page `n`, or behind its end, as an fpage. */
constexpr Word Give(Word n, Word rights, Word bits = 12) { return Fpage(ARENA + n * PAGE, bits, rights); }

/** A child: obeys and answers with label, result and error. */
[[noreturn]] void Obey() {
  for (;;) {
    const Word tag = Receive(Main());
    const Word a = Mr(1), b = Mr(2), c = Mr(3);
    Word result = 0, error = 0, one = 0, two = 0;
    switch (Label(tag)) {
      case READ_BYTE: result = *reinterpret_cast<volatile unsigned char*>(a); break;
      case WRITE_BYTE: *reinterpret_cast<volatile unsigned char*>(a) = static_cast<unsigned char>(b); break;
      case RECEIVE:  // from whom, acceptor
        SetBr(0, b);
        result = Receive(a);
        error = result & E ? Error() : 0;
        one = Mr(1), two = Mr(2);
        SetBr(0, 0);
        break;
      case SEND:  // to whom, the two words of the item
        Load(Tag(0, 0, 2), b, c);
        result = Ipc(a, NIL, FOREVER);
        error = result & E ? Error() : 0;
        break;
      case UNMAP:
        SetMr(0, a);
        l4_unmap(b);
        result = Mr(0) & RWX;
        break;
    }
    Load(Tag(Label(tag), 4), result, error, one, two);
    Send(Main());
  }
}

/** Where the pager sends a child that touched what it does not have. */
void Faulted() {
  Load(Tag(FAULT, 1), faultTag);
  Send(Main());
  Obey();
}

/** Sends a command and takes the answer; returns its label. */
template <typename... Words>
Word Command(int child, Word command, Words... words) {
  Load(Tag(command, sizeof...(words)), words...);
  Send(Id(child));
  return Label(Receive(Id(child)));
}

void Rd(int child, Word address) {
  if (Command(child, READ_BYTE, address) == FAULT) Print("  c%d rd %08x: FAULT tag=%08x\n", child, address, Mr(1));
  else Print("  c%d rd %08x: %02x\n", child, address, Mr(1));
}

void Wr(int child, Word address, Word value) {
  if (Command(child, WRITE_BYTE, address, value) == FAULT) Print("  c%d wr %08x: FAULT tag=%08x\n", child, address, Mr(1));
  else Print("  c%d wr %08x: ok\n", child, address);
}

Word Failure(Word tag) { return tag & E ? Error() : 0; }

/** The root task maps to child 0. */
void Map(Word base, Word fpage, Word acceptor) {
  Load(Tag(RECEIVE, 2), Main(), acceptor);
  Send(Id(C0));
  Load(Tag(0, 0, 2), Item(MAP, base), fpage);
  const Word sent = Ipc(Id(C0), NIL, FOREVER);
  const Word error = Failure(sent);
  Receive(Id(C0));
  Print("  map: snd tag=%x err=%x rcv tag=%x err=%x items=%08x %08x\n", sent, error, Mr(1), Mr(2), Mr(3), Mr(4));
}

/** Child 0 maps or grants to child 1. */
void Pass(const char* what, Word item, Word fpage) {
  Load(Tag(RECEIVE, 2), Id(C0), COMPLETE);
  Send(Id(C1));
  Command(C0, SEND, Id(C1), item, fpage);
  const Word tag = Mr(1), error = Mr(2);
  Receive(Id(C1));
  Print("  child0->1 %s: snd tag=%x err=%x rcv tag=%x err=%x\n", what, tag, error, Mr(1), Mr(2));
}

/** Unmap of arena page `n` from everybody else; the status. */
Word Unmap(Word n, Word rights) {
  SetMr(0, Give(n, rights));
  l4_unmap(0);
  return Mr(0) & RWX;
}

volatile unsigned char* Own(Word n) { return reinterpret_cast<volatile unsigned char*>(ARENA + n * PAGE); }

void Maps() {
  Print("1 map RW one page, complete window, base=V\n");
  Map(V, Give(0, RWX), COMPLETE);
  Rd(C0, V);
  Wr(C0, V, 0x99);
  Print("  root sees %02x\n", *Own(0));
  Print("2 read-only map\n");
  Map(V + PAGE, Give(1, READ), COMPLETE);
  Rd(C0, V + PAGE);
  Wr(C0, V + PAGE, 1);
  Print("3 extend rights on same frame\n");
  Map(V + PAGE, Give(1, READ | WRITE), COMPLETE);
  Wr(C0, V + PAGE, 1);
  Print("3b re-map with fewer rights (must not shrink)\n");
  Map(V + PAGE, Give(1, READ), COMPLETE);
  Wr(C0, V + PAGE, 1);
  Print("4 rights 0\n");
  Map(V + 2 * PAGE, Give(2, 0), COMPLETE);
  Rd(C0, V + 2 * PAGE);
  Wr(C0, V + 2 * PAGE, 1);
}

void Windows() {
  Print("5 no window / nil acceptor\n");
  Map(V + 3 * PAGE, Give(3, RWX), NIL);
  Rd(C0, V + 3 * PAGE);
  Print("6 small window, larger fpage (base selects)\n");
  Map(0x2000, Give(0, RWX, 14), Fpage(V + 0x10000, 12));
  Rd(C0, V + 0x10000);
  Rd(C0, V + 0x11000);
  Print("7 large window (64K), small fpage, base inside window\n");
  Map(0x5000, Give(4, RWX), Fpage(V + 0x20000, 16));
  Rd(C0, V + 0x25000);
  Rd(C0, V + 0x20000);
  Print("7b base beyond window (mod)\n");
  Map(0x17000, Give(5, RWX), Fpage(V + 0x20000, 16));
  Rd(C0, V + 0x27000);
  Print("8 overmap different frame\n");
  Map(V, Give(6, RWX), COMPLETE);
  Rd(C0, V);
  Print("9 map into UTCB / KIP area is ignored\n");
  Map(task::UTCB_AREA, Give(7, RWX), COMPLETE);
  Map(task::KIP_AREA, Give(7, RWX), COMPLETE);
  Rd(C0, task::KIP_AREA);
}

void Revocation() {
  Print("10 child->child: ro holder maps rw\n");
  Map(V + 0x30000, Give(8, READ), COMPLETE);
  Pass("map", Item(MAP, V), Fpage(V + 0x30000, 12, RWX));
  Rd(C1, V);
  Wr(C1, V, 0x77);
  Print("11 recursive: root unmaps page 8 from everybody\n");
  Print("  status %x\n", Unmap(8, RWX));
  Rd(C0, V + 0x30000);
  Rd(C1, V);
  Print("  root still has %02x\n", *Own(8));
  Print("12 write-revoke only\n");
  Map(V + 0x31000, Give(9, RWX), COMPLETE);
  Wr(C0, V + 0x31000, 1);
  Print("  status %x\n", Unmap(9, WRITE));
  Rd(C0, V + 0x31000);
  Wr(C0, V + 0x31000, 2);
  Print("13 status bits, derived only\n");
  Map(V + 0x32000, Give(10, RWX), COMPLETE);
  Print("  fresh %x\n", Unmap(10, 0));
  Rd(C0, V + 0x32000);
  Print("  after rd %x\n", Unmap(10, 0));
  Wr(C0, V + 0x32000, 1);
  Print("  after wr %x\n", Unmap(10, 0));
  Print("  again %x\n", Unmap(10, 0));
  Print("14 child flushes its own mapping\n");
  Map(V + 0x33000, Give(11, RWX), COMPLETE);
  Rd(C0, V + 0x33000);
  Command(C0, UNMAP, Fpage(V + 0x33000, 12, RWX), 0x40);
  Print("  c0 unmap fp=%08x ctl=40 -> rights %x\n", Fpage(V + 0x33000, 12, RWX), Mr(1));
  Rd(C0, V + 0x33000);
}

void Passing() {
  Print("15 grant child0->child1\n");
  Map(V + 0x34000, Give(12, RWX), COMPLETE);
  Rd(C0, V + 0x34000);
  Pass("grant", Item(GRANT, V + 0x1000), Fpage(V + 0x34000, 12, RWX));
  Rd(C0, V + 0x34000);
  Rd(C1, V + 0x1000);
  Print("  root unmap status %x\n", Unmap(12, RWX));
  Rd(C1, V + 0x1000);
  Print("16 fpage with hole: child maps 2 pages, 1 present\n");
  Map(V + 0x36000, Give(13, RWX), COMPLETE);
  Pass("map", Item(MAP, V + 0x2000), Fpage(V + 0x36000, 13, RWX));
  Rd(C1, V + 0x2000);
  Rd(C1, V + 0x3000);
  Print("17 unmap by non-owner of kernel areas: own KIP\n");
  const Word kip = Fpage(task::KIP_AREA, 12, RWX);
  Command(C0, UNMAP, kip, 0x40);
  Print("  c0 unmap fp=%08x ctl=40 -> rights %x\n", kip, Mr(1));
  Rd(C0, task::KIP_AREA);
  Print("18 deleting child0 revokes derived mapping in child1\n");
  Rd(C1, V + 0x2000);
  task::Delete(C0);
  Rd(C1, V + 0x2000);
}

}  // namespace

extern "C" int main() {
  task::Initialize();
  Print("MAPPROBE 1 arena aligned=%d\n", ARENA % ARENA_SIZE == 0);
  for (Word n = 0; n < 16; n++) memset(reinterpret_cast<void*>(ARENA + n * PAGE), static_cast<int>(0x10 + n), PAGE);
  const Word pager = task::StartPager(PAGER_SLOT, &faultTag, Faulted);
  for (int child = C0; child <= C1; child++) {
    task::CreateSpace(child, pager);
    task::Run(child, [] { Obey(); });
  }
  Maps();
  Windows();
  Revocation();
  Passing();
  Print("MAPPROBE END\n");
  return 0;
}
