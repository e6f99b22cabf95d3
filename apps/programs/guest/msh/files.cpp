/*
 * Commands about files: ls, print.
 *
 * Here: reading a file and sending it to the printer piece by piece. Not here: the printer (drivers/guest/parallel).
 */
#include "command.h"

namespace msh {

namespace {

constexpr const char* PRINTER = "parallel";

/** Sends `count` bytes to the printer and checks that it says so. */
status_t SendToPrinter(L4_ThreadId_t printer, const char* bytes, L4_Word_t count) {
  memcpy(const_cast<L4_Word_t*>(L4_Utcb() + 2), bytes, count);
  L4_LoadMR(1, count);
  L4_LoadMR(0, L4_Tag(arc::PARALLEL_WRITE, (count + 3) / 4 + 1).raw);
  const L4_MsgTag_t tag = L4_Call(printer);
  if (tag.Failed()) {
    terminal::Print("print: the printer's driver does not answer (IPC error 0x%x)\n", L4_ErrorCode());
    return arc::STATUS_FAILED;
  }
  if (L4_StoreMR(1) != arc::STATUS_OK) return L4_StoreMR(1);
  return L4_StoreMR(2) == count ? arc::STATUS_OK : arc::STATUS_FAILED;
}

}  // namespace

void ListFiles(const Words&) {
  process::File file;
  for (L4_Word_t index = 0; process::FileInfo(index, file) == arc::STATUS_OK; index++)
    terminal::Print("%8u %s\n", file.size, file.name.bytes);
}

void PrintFile(const Words& words) {
  if (words.count != 2) {
    terminal::Print("print: which file? usage: print FILE; ls lists them\n");
    return;
  }
  process::File file;
  L4_ThreadId_t printer;
  status_t status = process::FileFind(words.word[1], file);
  if (status != arc::STATUS_OK) return PrintStatus("print", words.word[1], status);
  status = process::Lookup(PRINTER, printer);
  if (status != arc::STATUS_OK) return PrintStatus("print", PRINTER, status);
  L4_Word_t printed = 0;
  while (printed < file.size) {
    char bytes[arc::ART_BYTES_PER_READ];
    L4_Word_t count;
    status = process::FileRead(file.index, printed, bytes, count);
    if (status == arc::STATUS_OK && count == 0) status = arc::STATUS_FAILED;
    if (status == arc::STATUS_OK) status = SendToPrinter(printer, bytes, count);
    if (status != arc::STATUS_OK) return PrintStatus("print", words.word[1], status);
    printed += count;
  }
  terminal::Print("%u bytes printed\n", printed);
}

}  // namespace msh
