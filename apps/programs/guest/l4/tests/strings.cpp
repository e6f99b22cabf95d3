/*
 * Strings between memory that is there: simple, several, compound, with substrings, cut.
 */
#include "topics.h"
#include "transfer.h"

using namespace l4;

namespace test {

namespace {

bool Untouched(const char* at, Word count) {
  for (Word i = 0; i < count; i++)
    if (at[i] != static_cast<char>(0xee)) return false;
  return true;
}

}  // namespace

void Strings() {
  Topic("strings");
  Side &s = transfer.sender, &r = transfer.receiver;
  const Word from = Address(source), to = Address(target);

  Prepare(1, 2);
  Fill(s, 0xabc, String(100), from);
  Fill(r, 1, String(100), to);
  bool done = Carry(A, B);
  Check("a string arrives, with the words before it",
        done && Whole() && IsPattern(target, 100) && Untouched(target + 100, 100) && r.mr[1] == 0xabc && r.mr[2] == String(100));

  Prepare(0, 2);
  Fill(s, String(100), from);
  Fill(r, 1, String(4000), to);
  done = Carry(A, B);
  Check("a longer buffer keeps its rest", done && Whole() && IsPattern(target, 100) && Untouched(target + 100, 3900));

  Prepare(0, 2);
  Fill(s, String(3000), from);
  Fill(r, 1, String(3000), to);
  done = Carry(C, D);
  Check("a string arrives from space to space", done && Whole() && IsPattern(target, 3000));

  Prepare(0, 4);
  Fill(s, String(50) | MORE, from, String(60), from + 50);
  Fill(r, 1, String(200) | MORE, to, String(200), to + 1000);
  done = Carry(A, B);
  Check("two strings go into two buffers",
        done && Whole() && IsPattern(target, 50) && Untouched(target + 50, 950) && IsPattern(target + 1000, 60, 50));

  Prepare(0, 4);
  Fill(s, String(40) | Substrings(3), from, from + 100, from + 200);
  Fill(r, 1, String(200), to);
  done = Carry(A, B);
  Check("substrings are gathered", done && Whole() && IsPattern(target, 40) && IsPattern(target + 40, 40, 100) &&
                                       IsPattern(target + 80, 40, 200) && Untouched(target + 120, 80));

  Prepare(0, 2);
  Fill(s, String(120), from);
  Fill(r, 1, String(40) | Substrings(3), to, to + 1000, to + 2000);
  done = Carry(A, B);
  Check("a buffer of substrings is scattered to",
        done && Whole() && IsPattern(target, 40) && Untouched(target + 40, 960) && IsPattern(target + 1000, 40, 40) &&
            IsPattern(target + 2000, 40, 80));

  Prepare(0, 4);
  Fill(s, String(30) | COMPOUND, from, String(70), from + 500);
  Fill(r, 1, String(200), to);
  done = Carry(A, B);
  Check("a compound string is one string",
        done && Whole() && IsPattern(target, 30) && IsPattern(target + 30, 70, 500) && Untouched(target + 100, 100));

  Prepare(0, 4);
  Fill(s, String(25) | Substrings(3), from, from + 25, from + 50);
  Fill(r, 1, String(10) | COMPOUND, to, String(65), to + 1000);
  done = Carry(C, D);
  Check("pieces of different sizes meet",
        done && Whole() && IsPattern(target, 10) && Untouched(target + 10, 990) && IsPattern(target + 1000, 65, 10));

  Prepare(1, 2);
  Fill(s, 0xabc, String(100), from);
  Fill(r, 1, String(33), to);
  done = Carry(A, B);
  Check("a short buffer cuts: both hear how many bytes went",
        done && Broken(OVERFLOW, OVERFLOW, 33) && IsPattern(target, 33) && Untouched(target + 33, 100));

  Prepare(0, 2);
  Fill(s, String(100), from);
  Fill(r, 0);
  done = Carry(A, B);
  Check("who accepts no strings gets none", done && Broken(OVERFLOW, OVERFLOW, 0) && Untouched(target, 200));

  Prepare(0, 4);
  Fill(s, String(50) | MORE, from, String(60), from + 50);
  Fill(r, 1, String(50) | MORE, to, String(20), to + 1000);
  done = Carry(A, B);
  Check("the second string is cut: the first counts too, and the sender's items can be seen",
        done && Broken(OVERFLOW, OVERFLOW, 70) && IsPattern(target, 50) && IsPattern(target + 1000, 20, 50) &&
            r.mr[1] == (String(50) | MORE) && r.mr[3] == String(60));

  Prepare(2, 4);
  const Word given = ARENA + 3 * PAGE;
  *reinterpret_cast<volatile char*>(given) = 0x33;
  Fill(s, 1, 2, String(80) | MORE, from, Item(MAP, V + 3 * PAGE), Fpage(V + 3 * PAGE, 12, READ));
  Fill(r, COMPLETE | 1, String(80), to);
  Start(C, [] { *reinterpret_cast<volatile char*>(V + 3 * PAGE) = 0x33; });
  done = Await(1) && Carry(C, D);
  Check("words, a string and a mapping travel together", done && Whole() && IsPattern(target, 80) && r.mr[1] == 1 &&
                                                             r.mr[2] == 2 &&
                                                             Do(D, [] {
                                                               transfer.tag = *reinterpret_cast<volatile char*>(V + 3 * PAGE);
                                                             }) && transfer.tag == 0x33 && faultCount == 1);
}

}  // namespace test
