/*
 * Directory records.
 *
 * Here: their order on the disk: a new one takes the first gap that is large enough, a removed one goes to the one before it.
 */
#include "ext2/directory.h"

using namespace ext2;

namespace {

unsigned char KindOf(unsigned short mode) {
  switch (mode & KIND_MASK) {
    case REGULAR:
      return arc::EXT2_KIND_FILE;
    case DIRECTORY:
      return arc::EXT2_KIND_DIRECTORY;
    case SYMLINK:
      return arc::EXT2_KIND_SYMLINK;
    default:
      return arc::EXT2_KIND_UNKNOWN;
  }
}

}  // namespace

Ext2Error Ext2Directory::Open(Ext2Fs& fs, L4_Word_t number, Ext2Directory& directory) {
  directory.fs_ = &fs;
  directory.number_ = number;
  if (const Ext2Error error = fs.ReadInode(number, directory.inode_)) return error;
  return directory.inode_.IsDirectory() ? 0 : arc::EXT2_ENOTDIR;
}

L4_Word_t Ext2Directory::LengthOf(const Record& record) const {
  return fs_->Geometry().kinds ? record.nameLength : record.nameLength | static_cast<L4_Word_t>(record.kind) << 8;
}

/** Calls `visit(place, record)` until it is true; ENOENT when it never is. A record is checked before it is shown. */
template <typename Visit>
Ext2Error Ext2Directory::ForRecords(Visit visit) {
  for (L4_Word_t index = 0; index < inode_.size / BLOCK; index++) {
    Place place = {0, 0, 0};
    if (const Ext2Error error = fs_->Map(inode_, index, place.block)) return error;
    const char* image = place.block ? fs_->Blocks().Get(place.block) : nullptr;
    if (!image) return arc::EXT2_EIO;
    while (place.offset < BLOCK) {
      const auto& record = *reinterpret_cast<const Record*>(image + place.offset);
      const L4_Word_t left = BLOCK - place.offset;
      if (left < sizeof record || record.length < sizeof record || record.length % 4 || record.length > left ||
          (record.inode && sizeof record + LengthOf(record) > record.length))
        return arc::EXT2_EIO;
      if (visit(place, record)) return 0;
      place.previous = place.offset;
      place.offset += record.length;
    }
  }
  return arc::EXT2_ENOENT;
}

Ext2Error Ext2Directory::Search(const Ext2Name& name, Place& place, L4_Word_t& inode) {
  return ForRecords([&](const Place& at, const Record& record) {
    if (!record.inode || LengthOf(record) != name.length || memcmp(record.Name(), name.text, name.length)) return false;
    place = at;
    inode = record.inode;
    return true;
  });
}

Ext2Error Ext2Directory::Find(const Ext2Name& name, L4_Word_t& inode) {
  Place place;
  return Search(name, place, inode);
}

void Ext2Directory::Fill(Record& record, const Ext2Name& name, L4_Word_t inode, unsigned short mode) const {
  record.inode = inode;
  record.nameLength = static_cast<unsigned char>(name.length);
  record.kind = fs_->Geometry().kinds ? KindOf(mode) : 0;
  memcpy(record.Name(), name.text, name.length);
}

/** It has been changed: its time, and an index of it is none any more. */
Ext2Error Ext2Directory::Touch() {
  inode_.modified = inode_.changed = fs_->Geometry().time;
  inode_.flags &= ~INDEXED;
  return Write();
}

Ext2Error Ext2Directory::Add(const Ext2Name& name, L4_Word_t inode, unsigned short mode) {
  const L4_Word_t needed = Record::Bytes(name.length);
  Place place;
  const Ext2Error found = ForRecords([&](const Place& at, const Record& record) {
    const L4_Word_t used = record.inode ? Record::Bytes(LengthOf(record)) : 0;
    if (record.length < used + needed) return false;
    place = at;
    return true;
  });
  if (found && found != arc::EXT2_ENOENT) return found;
  if (!found) {
    const Ext2Error error = fs_->Blocks().Update(place.block, [&](char* image) {
      auto* record = reinterpret_cast<Record*>(image + place.offset);
      if (record->inode) {
        const auto used = static_cast<unsigned short>(Record::Bytes(LengthOf(*record)));
        auto* rest = reinterpret_cast<Record*>(image + place.offset + used);
        rest->length = static_cast<unsigned short>(record->length - used);
        record->length = used;
        record = rest;
      }
      Fill(*record, name, inode, mode);
    });
    return error ? error : Touch();
  }
  L4_Word_t block;
  bool fresh;
  if (const Ext2Error error = fs_->MapNew(number_, inode_, inode_.size / BLOCK, block, fresh)) return error;
  const Ext2Error error = fs_->Blocks().Create(block, [&](char* image) {
    auto& record = *reinterpret_cast<Record*>(image);
    record.length = BLOCK;
    Fill(record, name, inode, mode);
  });
  inode_.size += BLOCK;
  return error ? error : Touch();
}

Ext2Error Ext2Directory::Change(const Ext2Name& name, L4_Word_t inode, unsigned short mode) {
  Place place;
  L4_Word_t old;
  if (const Ext2Error error = Search(name, place, old)) return error;
  const Ext2Error error = fs_->Blocks().Update(place.block, [&](char* image) {
    Fill(*reinterpret_cast<Record*>(image + place.offset), name, inode, mode);
  });
  return error ? error : Touch();
}

Ext2Error Ext2Directory::Remove(const Ext2Name& name) {
  Place place;
  L4_Word_t inode;
  if (const Ext2Error error = Search(name, place, inode)) return error;
  const Ext2Error error = fs_->Blocks().Update(place.block, [&](char* image) {
    auto& record = *reinterpret_cast<Record*>(image + place.offset);
    record.inode = 0;
    if (place.previous == place.offset) return;
    auto& previous = *reinterpret_cast<Record*>(image + place.previous);
    previous.length = static_cast<unsigned short>(previous.length + record.length);
  });
  return error ? error : Touch();
}

Ext2Error Ext2Directory::Empty() {
  const Ext2Error error = ForRecords([&](const Place&, const Record& record) {
    return record.inode && !Ext2Name{record.Name(), LengthOf(record)}.IsDots();
  });
  return error == arc::EXT2_ENOENT ? 0 : error ? error : arc::EXT2_ENOTEMPTY;
}

Ext2Error Ext2Directory::Begin(L4_Word_t parent) {
  L4_Word_t block;
  bool fresh;
  if (const Ext2Error error = fs_->MapNew(number_, inode_, 0, block, fresh)) return error;
  inode_.size = BLOCK;
  const Ext2Error error = fs_->Blocks().Create(block, [&](char* image) {
    auto& self = *reinterpret_cast<Record*>(image);
    self.length = Record::Bytes(1);
    Fill(self, {".", 1}, number_, DIRECTORY);
    auto& up = *reinterpret_cast<Record*>(image + self.length);
    up.length = static_cast<unsigned short>(BLOCK - self.length);
    Fill(up, {"..", 2}, parent, DIRECTORY);
  });
  return error ? error : Write();
}
