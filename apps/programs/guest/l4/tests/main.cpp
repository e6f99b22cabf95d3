/*
 * l4-tests: what the X.2 manual promises, topic by topic, one line a check.
 *
 * A foreign root task: it needs a sigma0 and COM1. The last line has the totals.
 */
#include "test.h"
#include "topics.h"

extern "C" int main() {
  test::Prepare();
  test::KernelInterfacePage();
  test::Exceptions();
  test::Memory();
  test::SimpleIpc();
  test::Strings();
  test::StringsWithFaults();
  test::Sigma0();
  test::ExchangeRegisters();
  test::ThreadControl();
  test::Schedule();
  test::Finish();
  return 0;
}
