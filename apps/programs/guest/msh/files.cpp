/*
 * Commands that read files: ls, cat, wc, sha256, print.
 *
 * Here: what they make of a file's bytes. Not here: where files lie (-> source.h), the printer (drivers/guest/parallel).
 */
#include "sha256.h"
#include "source.h"

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

/** Reads a whole file; `use` gets its pieces and may end it by false. True when all of it was used. */
template <typename Use>
bool ReadAll(const char* command, const char* name, Use use) {
  Source source;
  if (!source.Open(command, name)) return false;
  const char* bytes;
  L4_Word_t count = 0;
  bool good;
  while ((good = source.Read(bytes, count)) && count > 0)
    if (!use(bytes, count)) {
      good = false;
      break;
    }
  source.Close();
  return good;
}

/** The file that a command names; null when it names none, and that is printed. */
const char* TheFile(const Words& words, const char* command) {
  if (words.count == 2) return words.word[1];
  terminal::Print("%s: which file? usage: %s FILE; ls lists them\n", command, command);
  return nullptr;
}

/** The records of a directory, as they stand on the disk. */
void ListDirectory(const char* text, const Name& name) {
  Ext2* disk = Disk("ls", name);
  if (!disk) return;
  if (const L4_Word_t error = disk->Open(name.path, arc::EXT2_OPEN_READ | arc::EXT2_OPEN_DIRECTORY))
    return PrintError("ls", text, error);
  L4_Word_t error, count;
  while (!(error = disk->ReadDirectory(count)) && count > 0) {
    for (L4_Word_t at = 0; at + 8 <= count;) {
      const auto* record = reinterpret_cast<const unsigned char*>(disk->Data()) + at;
      L4_Word_t inode;
      memcpy(&inode, record, sizeof inode);
      const L4_Word_t length = record[4] | static_cast<L4_Word_t>(record[5]) << 8;
      if (length < 8 || at + length > count) break;  // the server has checked it; this is only not to go round for ever
      char file[256] = {};
      memcpy(file, record + 8, record[6]);
      if (inode)
        terminal::Print("reclen %u nmlen %u ino %u type %u str %s\n", length, record[6], inode, record[7], file);
      at += length;
    }
  }
  if (error) PrintError("ls", text, error);
  disk->Close();
}

}  // namespace

void ListFiles(const Words& words) {
  const Name name = Parse(words.count > 1 ? words.word[1] : "ram:");
  if (words.count > 2 || (!name.OnDisk() && *name.path)) {
    terminal::Print("ls: which directory? usage: ls, or ls ext2:/DIRECTORY\n");
    return;
  }
  if (name.OnDisk()) return ListDirectory(words.word[1], name);
  process::File file;
  for (L4_Word_t index = 0; process::FileInfo(index, file) == arc::STATUS_OK; index++)
    terminal::Print("%8u %s\n", file.size, file.name.bytes);
}

void ShowFile(const Words& words) {
  const char* file = TheFile(words, "cat");
  if (!file) return;
  ReadAll("cat", file,
          [](const char* bytes, L4_Word_t count) { return terminal::PrintText(bytes, count) == arc::STATUS_OK; });
}

void CountFile(const Words& words) {
  const char* file = TheFile(words, "wc");
  if (!file) return;
  L4_Word_t lines = 0, texts = 0, size = 0;
  bool inside = false;
  if (ReadAll("wc", file, [&](const char* bytes, L4_Word_t count) {
        size += count;
        for (L4_Word_t n = 0; n < count; n++) {
          const bool blank = bytes[n] == ' ' || (bytes[n] >= '\t' && bytes[n] <= '\r');
          if (bytes[n] == '\n') lines++;
          if (!blank && !inside) texts++;
          inside = !blank;
        }
        return true;
      }))
    terminal::Print("%u %u %u %s\n", lines, texts, size, file);
}

void SumFile(const Words& words) {
  const char* file = TheFile(words, "sha256");
  if (!file) return;
  Sha256 sum;
  if (!ReadAll("sha256", file, [&](const char* bytes, L4_Word_t count) {
        sum.Update(bytes, count);
        return true;
      }))
    return;
  unsigned char bytes[Sha256::BYTES];
  sum.Finish(bytes);
  char text[2 * Sha256::BYTES + 1] = {};
  for (size_t n = 0; n < sizeof text - 1; n++)
    text[n] = "0123456789abcdef"[bytes[n / 2] >> (n % 2 ? 0 : 4) & 15];
  terminal::Print("%s  %s\n", text, file);
}

void PrintFile(const Words& words) {
  const char* file = TheFile(words, "print");
  L4_ThreadId_t printer;
  if (!file) return;
  status_t status = process::Lookup(PRINTER, printer);
  if (status != arc::STATUS_OK) return PrintStatus("print", PRINTER, status);
  L4_Word_t printed = 0;
  const bool good = ReadAll("print", file, [&](const char* bytes, L4_Word_t count) {
    for (L4_Word_t at = 0, part; at < count && status == arc::STATUS_OK; at += part) {
      part = count - at < arc::DRIVER_BYTES_PER_MESSAGE ? count - at : arc::DRIVER_BYTES_PER_MESSAGE;
      status = SendToPrinter(printer, bytes + at, part);
      printed += status == arc::STATUS_OK ? part : 0;
    }
    return status == arc::STATUS_OK;
  });
  if (status != arc::STATUS_OK) PrintStatus("print", file, status);
  if (good) terminal::Print("%u bytes printed\n", printed);
}

}  // namespace msh
