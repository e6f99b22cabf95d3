/*
 * Commands that change a disk: cp, mv, rm, mkdir, rmdir.
 *
 * Here: the requests of each. What one of them has said is done is on the medium: each ends with a sync.
 * Not here: the file system (drivers/guest/ext2).
 */
#include "source.h"

namespace msh {

namespace {

/** Makes what was done last for a while, and prints what went wrong, if something did. */
void Finish(Ext2& disk, const char* command, const char* file, L4_Word_t error) {
  if (!error) error = disk.Sync();
  if (error) PrintError(command, file, error);
}

/** The command's only file, which must be on a disk; null when it is not, and that is printed. */
Ext2* TheDisk(const Words& words, const char* command, Name& name) {
  if (words.count == 2) name = Parse(words.word[1]);
  if (words.count == 2 && name.OnDisk()) return Disk(command, name);
  terminal::Print("%s: which file on a disk? usage: %s ext2:/NAME\n", command, command);
  return nullptr;
}

template <typename Change>
void ChangeOne(const Words& words, const char* command, Change change) {
  Name name;
  if (Ext2* disk = TheDisk(words, command, name)) Finish(*disk, command, words.word[1], change(*disk, name.path));
}

}  // namespace

void CopyFile(const Words& words) {
  if (words.count != 3) {
    terminal::Print("cp: what, and to where? usage: cp FILE ext2:/NEW\n");
    return;
  }
  const char* to = words.word[2];
  const Name name = Parse(to);
  if (!name.OnDisk()) {
    terminal::Print("cp: %s: files in RAM come with the machine; copy to ext2:/NAME\n", to);
    return;
  }
  Source source;
  if (!source.Open("cp", words.word[1])) return;
  if (Ext2* disk = Disk("cp", name, 1)) {
    L4_Word_t error =
        disk->Open(name.path, arc::EXT2_OPEN_WRITE | arc::EXT2_OPEN_CREATE | arc::EXT2_OPEN_TRUNCATE);
    const char* bytes;
    L4_Word_t count = 0;
    while (!error && source.Read(bytes, count) && count > 0) error = disk->Write(bytes, count);
    disk->Close();
    Finish(*disk, "cp", to, error);
  }
  source.Close();
}

void MoveFile(const Words& words) {
  Name from, to;
  if (words.count == 3) {
    from = Parse(words.word[1]);
    to = Parse(words.word[2]);
  }
  if (words.count != 3 || !from.OnDisk() || strcmp(from.server, to.server) != 0) {
    terminal::Print("mv: what, and to where on the same disk? usage: mv ext2:/OLD ext2:/NEW\n");
    return;
  }
  if (Ext2* disk = Disk("mv", from)) Finish(*disk, "mv", words.word[1], disk->Rename(from.path, to.path));
}

void RemoveFile(const Words& words) {
  ChangeOne(words, "rm", [](Ext2& disk, const char* path) { return disk.Unlink(path); });
}

void MakeDirectory(const Words& words) {
  ChangeOne(words, "mkdir", [](Ext2& disk, const char* path) { return disk.MakeDirectory(path); });
}

void RemoveDirectory(const Words& words) {
  ChangeOne(words, "rmdir", [](Ext2& disk, const char* path) { return disk.RemoveDirectory(path); });
}

}  // namespace msh
