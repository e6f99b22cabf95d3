/*
 * Files, wherever they lie: boot modules in RAM, and disks.
 *
 * Here: names such as `msh`, `ram:msh` and `ext2:/system/msh` (server, path); reading either kind piece by piece; a session with a
 * disk's server. What goes wrong is printed here. Not here: the commands (-> files.cpp, changes.cpp).
 */
#pragma once
#include "command.h"
#include "ext2/client.h"

namespace msh {

/** Where a name without a server is looked for that is none of RAM's: programs, and files that come with them. */
constexpr const char PROGRAMS_SERVER[] = "ext2";
constexpr const char PROGRAMS_PATH[] = "/bin/";

/** A file's name in its two parts. */
struct Name {
  /** Of a disk's server; empty for a boot module. */
  char server[32];
  /** The rest, within the line that it was typed in. */
  const char* path;
  bool OnDisk() const { return server[0] != 0; }
};
/** The part before a colon is the server; "ram" is none. A name that is too long has no server of that name. */
Name Parse(const char* text);

/** One line: which command could not do what with which file, and why. `error` as of the Ext2 client. */
void PrintError(const char* command, const char* file, L4_Word_t error);

/** The shell's n-th session with a disk, 0 or 1, connected to the server of this name; null when that is not possible. */
Ext2* Disk(const char* command, const Name& name, int n = 0);

/** A file that is read from its beginning to its end. */
class Source {
 public:
  /** Opens; the name must live as long as this. False: the reason is printed. */
  bool Open(const char* command, const char* name);
  /** The next bytes; `count` is 0 at the end. False: the reason is printed. */
  bool Read(const char*& bytes, L4_Word_t& count);
  void Close();

 private:
  bool OpenOnDisk(const Name& name);

  const char* command_ = nullptr;
  const char* name_ = nullptr;
  Ext2* disk_ = nullptr;
  L4_Word_t module_ = 0;
  L4_Word_t offset_ = 0;
  char piece_[arc::ART_BYTES_PER_READ];
};

}  // namespace msh
