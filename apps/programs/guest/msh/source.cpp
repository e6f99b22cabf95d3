/*
 * Boot modules by messages of at most 232 bytes, files of disks by whole sessions' pages.
 */
#include "source.h"

namespace msh {

namespace {

constexpr L4_Word_t SESSION_PAGES = 4;

struct ErrorText {
  L4_Word_t error;
  const char* text;
};
constexpr ErrorText ERRORS[] = {
    {arc::EXT2_ENOENT, "there is no such file"},
    {arc::EXT2_EIO, "the disk has failed"},
    {arc::EXT2_EBADF, "it is not open for this"},
    {arc::EXT2_EBUSY, "it is in use"},
    {arc::EXT2_EEXIST, "there is one of that name already"},
    {arc::EXT2_ENOTDIR, "it is, or goes through, no directory"},
    {arc::EXT2_EISDIR, "it is a directory"},
    {arc::EXT2_EINVAL, "that is not possible"},
    {arc::EXT2_EFBIG, "the file would be too large"},
    {arc::EXT2_ENOSPC, "the disk is full"},
    {arc::EXT2_EMLINK, "it has too many names"},
    {arc::EXT2_ENAMETOOLONG, "the name is too long"},
    {arc::EXT2_ENOTEMPTY, "the directory is not empty"},
    {arc::EXT2_ELOOP, "symbolic links are not followed"},
    {arc::EXT2_EOPNOTSUPP, "it is of no kind that can be used"},
    {arc::EXT2_EPERM, "that is not allowed"},
    {EXT2_NO_SERVER, "the disk's server has started anew; try again"},
};

Ext2 sessions[2];

}  // namespace

Name Parse(const char* text) {
  Name name{};
  const char* colon = text;
  while (*colon && *colon != ':') colon++;
  if (!*colon) {
    name.path = text;
    return name;
  }
  name.path = colon + 1;
  size_t length = static_cast<size_t>(colon - text);
  if (length >= sizeof name.server) length = sizeof name.server - 1;
  memcpy(name.server, text, length);
  if (strcmp(name.server, "ram") == 0) name.server[0] = 0;
  return name;
}

void PrintError(const char* command, const char* file, L4_Word_t error) {
  for (const ErrorText& each : ERRORS)
    if (each.error == error) return void(terminal::Print("%s: %s: %s\n", command, file, each.text));
  terminal::Print("%s: %s: error %u\n", command, file, error);
}

Ext2* Disk(const char* command, const Name& name, int n) {
  const status_t status = sessions[n].Connect(name.server, SESSION_PAGES);
  if (status == arc::STATUS_OK) return &sessions[n];
  if (status == arc::STATUS_NOT_FOUND)
    terminal::Print("%s: there is no server '%s' for disks; with a disk aboard, ram:%s pata starts it\n", command,
                    name.server, name.server);
  else PrintStatus(command, name.server, status);
  return nullptr;
}

bool Source::OpenOnDisk(const Name& name) {
  disk_ = Disk(command_, name);
  if (!disk_) return false;
  const L4_Word_t error = disk_->Open(name.path, arc::EXT2_OPEN_READ);
  if (error) PrintError(command_, name_, error);
  return !error;
}

bool Source::Open(const char* command, const char* text) {
  Name name = Parse(text);
  command_ = command;
  name_ = text;
  if (name.OnDisk()) return OpenOnDisk(name);
  process::File file;
  const status_t status = process::FileFind(name.path, file);
  module_ = file.index;
  if (status == arc::STATUS_OK) return true;
  L4_ThreadId_t server;
  if (status == arc::STATUS_NOT_FOUND && process::Lookup(PROGRAMS_SERVER, server) == arc::STATUS_OK) {
    char path[sizeof PROGRAMS_PATH + LINE_SIZE];
    memcpy(path, PROGRAMS_PATH, sizeof PROGRAMS_PATH - 1);
    memcpy(path + sizeof PROGRAMS_PATH - 1, name.path, strlen(name.path) + 1);
    memcpy(name.server, PROGRAMS_SERVER, sizeof PROGRAMS_SERVER);
    name.path = path;
    return OpenOnDisk(name);
  }
  PrintStatus(command, text, status);
  return false;
}

bool Source::Read(const char*& bytes, L4_Word_t& count) {
  if (disk_) {
    const L4_Word_t error = disk_->Read(count);
    if (error) PrintError(command_, name_, error);
    bytes = disk_->Data();
    return !error;
  }
  const status_t status = process::FileRead(module_, offset_, piece_, count);
  if (status != arc::STATUS_OK) PrintStatus(command_, name_, status);
  bytes = piece_;
  offset_ += count;
  return status == arc::STATUS_OK;
}

void Source::Close() {
  if (disk_) disk_->Close();
}

}  // namespace msh
