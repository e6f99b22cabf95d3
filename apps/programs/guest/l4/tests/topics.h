/*
 * The topics of the tests, in the order in which they run.
 */
#pragma once

namespace test {

void KernelInterfacePage();
void Exceptions();
void Memory();
void SimpleIpc();
void Strings();
void StringsWithFaults();
void Sigma0();
void ExchangeRegisters();
void ThreadControl();
void Schedule();

}  // namespace test
