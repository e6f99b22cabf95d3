/*
 * Open files.
 *
 * Here: the tables, and requests about what is open. Not here: paths (-> names.cpp).
 */
#include "ext2/files.h"

using namespace ext2;

Ext2File* Ext2Files::Of(L4_ThreadId_t client, L4_Word_t key) {
  for (Ext2File& file : tables_.files)
    if (file.inode && file.client == client && file.key == key) return &file;
  return nullptr;
}

bool Ext2Files::Consistent() const {
  L4_Word_t users[arc::EXT2_FILE_LIMIT] = {};
  for (const Ext2File& file : tables_.files) {
    if (!file.inode) continue;
    if (file.inode > arc::EXT2_FILE_LIMIT) return false;
    users[file.inode - 1]++;
  }
  for (L4_Word_t row = 0; row < arc::EXT2_FILE_LIMIT; row++) {
    const Ext2Inode& inode = tables_.inodes[row];
    if (inode.users != users[row]) return false;
    if (inode.users && (inode.number == 0 || inode.number > fs_.Geometry().inodes)) return false;
  }
  return true;
}

bool Ext2Files::Untidy() const {
  for (const Ext2Inode& inode : tables_.inodes)
    if (inode.users && inode.nameless) return true;
  return false;
}

Ext2Error Ext2Files::Open(L4_ThreadId_t client, L4_Word_t key, const char* path, L4_Word_t flags,
                          L4_Word_t permissions, L4_Word_t& number) {
  if (Of(client, key)) return arc::EXT2_EBUSY;
  const bool writes = flags & arc::EXT2_OPEN_WRITE;
  if (flags & (arc::EXT2_OPEN_CREATE | arc::EXT2_OPEN_TRUNCATE) && !writes) return arc::EXT2_EINVAL;
  Ext2Directory parent;
  Ext2Name name;
  Inode inode;
  Ext2Error error = Parent(path, parent, name);
  if (error) return error;
  error = Child(parent, name, number, inode);
  if (error == arc::EXT2_ENOENT && flags & arc::EXT2_OPEN_CREATE) {
    const auto mode = static_cast<unsigned short>(REGULAR | (permissions & 07777));
    error = fs_.NewInode(parent.Number(), mode, 1, number, inode);
    if (error) return error;
    error = fs_.WriteInode(number, inode);
    if (!error) error = parent.Add(name, number, mode);
    if (error) {
      fs_.FreeInode(number, inode);
      return error;
    }
  } else if (!error && flags & arc::EXT2_OPEN_CREATE && flags & arc::EXT2_OPEN_EXCLUSIVE) {
    return arc::EXT2_EEXIST;
  }
  if (error) return error;
  if ((inode.mode & KIND_MASK) == SYMLINK) return arc::EXT2_ELOOP;
  if (!inode.IsDirectory() && !inode.IsRegular()) return arc::EXT2_EOPNOTSUPP;
  if (inode.IsDirectory() && writes) return arc::EXT2_EISDIR;
  if (!inode.IsDirectory() && flags & arc::EXT2_OPEN_DIRECTORY) return arc::EXT2_ENOTDIR;
  if (inode.IsRegular() && inode.directoryAcl) return arc::EXT2_EFBIG;  // its size's upper half
  if (flags & arc::EXT2_OPEN_TRUNCATE && inode.size > 0) {
    error = fs_.Truncate(inode, 0);
    if (!error) error = fs_.WriteInode(number, inode);
    if (error) return error;
  }
  L4_Word_t row = arc::EXT2_FILE_LIMIT, known = row, file = row;
  for (L4_Word_t n = arc::EXT2_FILE_LIMIT; n-- > 0;) {
    if (!tables_.files[n].inode) file = n;
    if (!tables_.inodes[n].users) row = n;
    else if (tables_.inodes[n].number == number) known = n;
  }
  if (file == arc::EXT2_FILE_LIMIT) return arc::EXT2_EBUSY;
  if (known == arc::EXT2_FILE_LIMIT) tables_.inodes[known = row] = {number, 0, 0};
  tables_.inodes[known].users++;
  tables_.files[file] = {client, key, flags, known + 1};
  return 0;
}

Ext2Error Ext2Files::Close(Ext2File& file) {
  Ext2Inode& open = tables_.inodes[file.inode - 1];
  if (open.users == 1 && open.nameless) {
    Inode inode;
    Ext2Error error = fs_.ReadInode(open.number, inode);
    if (!error) error = fs_.FreeInode(open.number, inode);
    if (error) return error;
  }
  open.users--;
  file.inode = 0;
  return 0;
}

Ext2Error Ext2Files::Read(const Ext2File& file, L4_Word_t offset, L4_Word_t& count, char* to) {
  Inode inode;
  if (const Ext2Error error = fs_.ReadInode(NumberOf(file), inode)) return error;
  if (!(file.flags & arc::EXT2_OPEN_READ)) return arc::EXT2_EBADF;
  return inode.IsDirectory() ? arc::EXT2_EISDIR : fs_.Read(inode, offset, count, to);
}

Ext2Error Ext2Files::ReadDirectory(const Ext2File& file, L4_Word_t offset, L4_Word_t& count, char* to) {
  Inode inode;
  if (const Ext2Error error = fs_.ReadInode(NumberOf(file), inode)) return error;
  if (!inode.IsDirectory()) return arc::EXT2_ENOTDIR;
  if (offset % BLOCK || count < BLOCK) return arc::EXT2_EINVAL;
  count = inode.links ? count / BLOCK * BLOCK : 0;
  return fs_.Read(inode, offset, count, to);
}

Ext2Error Ext2Files::Write(const Ext2File& file, L4_Word_t& offset, L4_Word_t& count, const char* from) {
  Inode inode;
  if (!(file.flags & arc::EXT2_OPEN_WRITE)) return arc::EXT2_EBADF;
  if (const Ext2Error error = fs_.ReadInode(NumberOf(file), inode)) return error;
  if (offset == arc::EXT2_APPEND) offset = inode.size;
  if (count > arc::EXT2_WRITE_BYTES) count = arc::EXT2_WRITE_BYTES;
  if (!count) return 0;
  const Ext2Error error = fs_.Write(NumberOf(file), inode, offset, count, from);
  offset += count;
  return error;
}

Ext2Error Ext2Files::Truncate(const Ext2File& file, L4_Word_t size) {
  Inode inode;
  if (!(file.flags & arc::EXT2_OPEN_WRITE)) return arc::EXT2_EBADF;
  if (const Ext2Error error = fs_.ReadInode(NumberOf(file), inode)) return error;
  if (const Ext2Error error = fs_.Truncate(inode, size)) return error;
  return fs_.WriteInode(NumberOf(file), inode);
}
