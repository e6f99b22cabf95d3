/*
 * Paths, and what is done to them.
 *
 * Here: POSIX.1-2017's mkdir, rmdir, unlink, rename and link, in the order: look, check, change. Not here: records of one
 * directory (-> directory.h).
 */
#include "ext2/files.h"

using namespace ext2;

namespace {

/** The next part of a path, behind slashes; no length: there is none. */
Ext2Name Next(const char*& path) {
  while (*path == '/') path++;
  const char* begin = path;
  while (*path && *path != '/') path++;
  return {begin, static_cast<L4_Word_t>(path - begin)};
}

}  // namespace

/** The directory that a path's last part is in. The root is its own parent, as ".". */
Ext2Error Ext2Files::Parent(const char* path, Ext2Directory& parent, Ext2Name& last) {
  L4_Word_t number = ROOT;
  last = Next(path);
  for (;;) {
    if (last.length > LONGEST_NAME) return arc::EXT2_ENAMETOOLONG;
    if (const Ext2Error error = Ext2Directory::Open(fs_, number, parent))
      return error == arc::EXT2_ENOTDIR && (parent.Inode().mode & KIND_MASK) == SYMLINK ? arc::EXT2_ELOOP : error;
    const char* rest = path;
    const Ext2Name next = Next(rest);
    if (!next.length) break;
    if (const Ext2Error error = parent.Find(last, number)) return error;
    path = rest;
    last = next;
  }
  if (!last.length) last = {".", 1};
  return 0;
}

Ext2Error Ext2Files::Child(Ext2Directory& parent, const Ext2Name& name, L4_Word_t& number, Inode& inode) {
  if (const Ext2Error error = parent.Find(name, number)) return error;
  return fs_.ReadInode(number, inode);
}

Ext2Error Ext2Files::Lookup(const char* path, L4_Word_t& inode) {
  Ext2Directory parent;
  Ext2Name name;
  if (const Ext2Error error = Parent(path, parent, name)) return error;
  return parent.Find(name, inode);
}

/** An inode has lost a name, a directory with its own two all: without any it goes, unless somebody has it open. */
Ext2Error Ext2Files::Lose(L4_Word_t number, Inode& inode, L4_Word_t names) {
  inode.links = static_cast<unsigned short>(inode.links > names ? inode.links - names : 0);
  inode.changed = fs_.Geometry().time;
  if (inode.links == 0) {
    bool open = false;
    for (Ext2Inode& row : tables_.inodes)
      if (row.users && row.number == number) open = row.nameless = 1;
    if (!open) return fs_.FreeInode(number, inode);
  }
  return fs_.WriteInode(number, inode);
}

Ext2Error Ext2Files::MakeDirectory(const char* path, L4_Word_t permissions) {
  Ext2Directory parent, made;
  Ext2Name name;
  L4_Word_t number;
  if (const Ext2Error error = Parent(path, parent, name)) return error;
  const Ext2Error found = parent.Find(name, number);
  if (found != arc::EXT2_ENOENT) return found ? found : arc::EXT2_EEXIST;
  if (parent.Inode().links >= MOST_LINKS) return arc::EXT2_EMLINK;
  const auto mode = static_cast<unsigned short>(DIRECTORY | (permissions & 07777));
  Inode inode;
  if (const Ext2Error error = fs_.NewInode(parent.Number(), mode, 2, number, inode)) return error;
  Ext2Error error = fs_.WriteInode(number, inode);
  if (!error) error = Ext2Directory::Open(fs_, number, made);
  if (!error) error = made.Begin(parent.Number());
  parent.Inode().links++;
  if (!error) error = parent.Add(name, number, mode);
  if (error) fs_.FreeInode(number, made.Inode());
  return error;
}

Ext2Error Ext2Files::RemoveDirectory(const char* path) {
  Ext2Directory parent, removed;
  Ext2Name name;
  L4_Word_t number;
  if (const Ext2Error error = Parent(path, parent, name)) return error;
  if (name.Is(".")) return parent.Number() == ROOT ? arc::EXT2_EBUSY : arc::EXT2_EINVAL;
  if (name.Is("..")) return arc::EXT2_ENOTEMPTY;
  if (const Ext2Error error = parent.Find(name, number)) return error;
  if (const Ext2Error error = Ext2Directory::Open(fs_, number, removed)) return error;
  if (const Ext2Error error = removed.Empty()) return error;
  parent.Inode().links--;
  if (const Ext2Error error = parent.Remove(name)) return error;
  return Lose(number, removed.Inode(), removed.Inode().links);
}

Ext2Error Ext2Files::Unlink(const char* path) {
  Ext2Directory parent;
  Ext2Name name;
  L4_Word_t number;
  Inode inode;
  if (const Ext2Error error = Parent(path, parent, name)) return error;
  if (const Ext2Error error = Child(parent, name, number, inode)) return error;
  if (inode.IsDirectory()) return arc::EXT2_EISDIR;
  if (const Ext2Error error = parent.Remove(name)) return error;
  return Lose(number, inode, 1);
}

Ext2Error Ext2Files::Link(const char* path, const char* further) {
  Ext2Directory from, to;
  Ext2Name name, other;
  L4_Word_t number, there;
  Inode inode;
  if (const Ext2Error error = Parent(path, from, name)) return error;
  if (const Ext2Error error = Child(from, name, number, inode)) return error;
  if (inode.IsDirectory()) return arc::EXT2_EPERM;
  if (const Ext2Error error = Parent(further, to, other)) return error;
  const Ext2Error found = to.Find(other, there);
  if (found != arc::EXT2_ENOENT) return found ? found : arc::EXT2_EEXIST;
  if (inode.links >= MOST_LINKS) return arc::EXT2_EMLINK;
  inode.links++;
  inode.changed = fs_.Geometry().time;
  if (const Ext2Error error = fs_.WriteInode(number, inode)) return error;
  return to.Add(other, number, inode.mode);
}

/** EINVAL: the directory `below` is `directory`, or lies in it. */
Ext2Error Ext2Files::Contains(L4_Word_t directory, L4_Word_t below) {
  for (L4_Word_t steps = 0; below != directory; steps++) {
    if (below == ROOT) return 0;
    Ext2Directory at;
    if (const Ext2Error error = Ext2Directory::Open(fs_, below, at)) return error;
    if (const Ext2Error error = at.Find({"..", 2}, below)) return error;
    if (steps > fs_.Geometry().inodes) return arc::EXT2_EIO;
  }
  return arc::EXT2_EINVAL;
}

/** A name that there is gets the inode that is moved: what had it loses it. `from` is where that one comes from. */
Ext2Error Ext2Files::Replace(Ext2Directory& from, Ext2Directory& to, const Ext2Name& name, L4_Word_t number,
                             const Inode& moved) {
  L4_Word_t old;
  Inode inode;
  if (const Ext2Error error = Child(to, name, old, inode)) return error;
  if (moved.IsDirectory() && !inode.IsDirectory()) return arc::EXT2_ENOTDIR;
  if (!moved.IsDirectory() && inode.IsDirectory()) return arc::EXT2_EISDIR;
  if (inode.IsDirectory()) {
    Ext2Directory replaced;
    if (const Ext2Error error = Ext2Directory::Open(fs_, old, replaced)) return error;
    if (const Ext2Error error = replaced.Empty()) return error;
    // Where it is moved to there are as many directories as before; where it comes from one less.
    from.Inode().links--;
  }
  if (const Ext2Error error = to.Change(name, number, moved.mode)) return error;
  return Lose(old, inode, inode.IsDirectory() ? inode.links : 1);
}

Ext2Error Ext2Files::Rename(const char* path, const char* newPath) {
  Ext2Directory source, target;
  Ext2Name name, newName;
  L4_Word_t number, there;
  Inode inode;
  if (const Ext2Error error = Parent(path, source, name)) return error;
  if (const Ext2Error error = Parent(newPath, target, newName)) return error;
  if (name.IsDots() || newName.IsDots()) return arc::EXT2_EBUSY;
  if (const Ext2Error error = Child(source, name, number, inode)) return error;
  // One directory, one copy of its inode.
  Ext2Directory& to = source.Number() == target.Number() ? source : target;
  const bool directory = inode.IsDirectory(), moves = &to != &source;
  if (directory)
    if (const Ext2Error error = Contains(number, to.Number())) return error;
  const Ext2Error found = to.Find(newName, there);
  if (found && found != arc::EXT2_ENOENT) return found;
  if (!found && there == number) return 0;
  if (found) {
    if (directory && moves) {
      if (to.Inode().links >= MOST_LINKS) return arc::EXT2_EMLINK;
      to.Inode().links++;
      source.Inode().links--;
    }
    if (const Ext2Error error = to.Add(newName, number, inode.mode)) return error;
  } else if (const Ext2Error error = Replace(source, to, newName, number, inode)) {
    return error;
  }
  if (const Ext2Error error = source.Remove(name)) return error;
  if (directory && moves) {
    Ext2Directory moved;
    if (const Ext2Error error = Ext2Directory::Open(fs_, number, moved)) return error;
    return moved.Change({"..", 2}, to.Number(), DIRECTORY);
  }
  return 0;
}
