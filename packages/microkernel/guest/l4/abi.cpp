/*
 * Finding the kernel interface page, patching the stubs, and Ipc's general form.
 *
 * Here: the definitions behind abi.h. Not here: registers (-> stubs.S).
 */
#include "abi.h"

namespace l4 {

const char* Kip(Word* version, Word* flags, Word* kernel) {
  const char* kip;
  Word v, f, k;
  asm volatile(".byte 0xf0, 0x90" : "=a"(kip), "=c"(v), "=d"(f), "=S"(k));
  if (version) *version = v;
  if (flags) *flags = f;
  if (kernel) *kernel = k;
  return kip;
}

Word Ipc(Word to, Word from, Word timeouts, Word* sender) {
  volatile Word* utcb = Utcb();
  IpcRegisters r{to, from, timeouts, utcb[0], 0, 0, 0};
  l4_raw_ipc(&r);
  if (from != NIL) {  // as L4Ka's library: MR1 and MR2 come back in registers, MR0 is not written
    utcb[1] = r.ebx;
    utcb[2] = r.ebp;
  }
  if (sender) *sender = r.eax;
  return r.esi;
}

/** Offsets of the entries in the kernel interface page, in the order of the stubs. */
constexpr Word ENTRIES[] = {0xe0, 0xe4, 0xec, 0xd4, 0xd0, 0xf8, 0xe8, 0xf4, 0xf0, 0xdc, 0xd8};
constexpr Word STUB_SIZE = 5;

extern "C" {
extern char l4_stubs[];

/** Rewrites every stub: E9 and the distance to the kernel's entry. */
void l4_patch_stubs() {
  const Word kip = reinterpret_cast<Word>(Kip());
  char* stub = l4_stubs;
  for (const Word entry : ENTRIES) {
    const Word target = kip + *reinterpret_cast<const Word*>(kip + entry);
    const Word distance = target - reinterpret_cast<Word>(stub) - STUB_SIZE;
    memcpy(stub + 1, &distance, sizeof distance);
    stub += STUB_SIZE;
  }
}
}

}  // namespace l4
