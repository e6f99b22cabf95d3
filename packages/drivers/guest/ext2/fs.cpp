/*
 * Mounting, and the bookkeeping of blocks and inodes.
 *
 * Here: bitmaps and counts. Not here: bytes of files (-> inode.cpp). The first free bit behind the wished place is taken, so that
 * a request that is served again takes the same.
 */
#include "ext2/fs.h"

using namespace ext2;

namespace {

/** The first bit that is 0, -1: none. */
int FreeBit(const unsigned char* bits, L4_Word_t low, L4_Word_t high) {
  for (L4_Word_t bit = low; bit < high;) {
    if (bit % 8 == 0 && bits[bit / 8] == 0xff) bit += 8;
    else if (!(bits[bit / 8] >> bit % 8 & 1)) return static_cast<int>(bit);
    else bit++;
  }
  return -1;
}

/** Free blocks and inodes of the superblock, less those of the groups. */
void FreeApart(const char* superblock, const char* descriptors, L4_Word_t groups, L4_Word_t& blocks, L4_Word_t& inodes) {
  const auto* sb = reinterpret_cast<const Superblock*>(superblock);
  blocks = sb->freeBlocks;
  inodes = sb->freeInodes;
  for (const auto *row = reinterpret_cast<const Group*>(descriptors), *end = row + groups; row < end; row++) {
    blocks -= row->freeBlocks;
    inodes -= row->freeInodes;
  }
}

}  // namespace

Ext2Error Ext2Fs::Mount(L4_Word_t diskBlocks, Ext2Mark& mark, const char*& problem) {
  const char* image = blocks_.Get(SUPERBLOCK);
  problem = "the disk cannot be read";
  if (!image) return arc::EXT2_EIO;
  Superblock sb;
  memcpy(&sb, image, sizeof sb);
  const bool dynamic = sb.revision > 0;
  Ext2Geometry found = {
      sb.blocks, sb.firstDataBlock, sb.blocksPerGroup, sb.inodes, sb.inodesPerGroup,
      sb.blocksPerGroup ? (sb.blocks - sb.firstDataBlock + sb.blocksPerGroup - 1) / sb.blocksPerGroup : 0,
      dynamic ? sb.inodeSize : sizeof(Inode), dynamic ? sb.firstInode : 11,
      dynamic ? sb.incompatible & INCOMPATIBLE_FILETYPE : 0, 0, 0,
      sb.writeTime > sb.mountTime ? sb.writeTime : sb.mountTime ? sb.mountTime : 1};
  problem = "there is no Ext2 file system on it";
  if (sb.magic != MAGIC) return arc::EXT2_EINVAL;
  problem = "its blocks must have 1024 bytes, and it at most 24 groups: mke2fs -t ext2 -b 1024";
  if (sb.logBlockSize != 0 || found.groups > MOST_GROUPS) return arc::EXT2_EOPNOTSUPP;
  problem = "it has features that are not known here: mke2fs -t ext2";
  if (dynamic && (sb.incompatible & ~INCOMPATIBLE_FILETYPE ||
                  sb.readOnlyCompatible & ~(READ_ONLY_SPARSE_SUPER | READ_ONLY_LARGE_FILE)))
    return arc::EXT2_EOPNOTSUPP;
  problem = "its superblock contradicts itself, or the disk is too small: e2fsck";
  if (sb.firstDataBlock != SUPERBLOCK || sb.blocks > diskBlocks || found.groups < 1 || sb.blocksPerGroup > BLOCK * 8 ||
      sb.inodesPerGroup < 1 || sb.inodesPerGroup > BLOCK * 8 || sb.inodes != found.groups * sb.inodesPerGroup ||
      found.inodeSize < sizeof(Inode) || found.inodeSize > BLOCK || found.inodeSize & (found.inodeSize - 1))
    return arc::EXT2_EINVAL;
  problem = "the disk cannot be read";
  image = blocks_.Get(DESCRIPTORS);
  if (!image) return arc::EXT2_EIO;
  FreeApart(reinterpret_cast<const char*>(&sb), image, found.groups, found.blocksApart, found.inodesApart);
  problem = nullptr;
  geometry_ = found;
  mark.clean = sb.state & VALID ? 2 : 0;
  mark.unclean = !(sb.state & VALID);
  return 0;
}

bool Ext2Fs::Consistent() const {
  const Ext2Geometry& g = geometry_;
  return g.groups >= 1 && g.groups <= MOST_GROUPS && g.firstDataBlock == SUPERBLOCK && g.inodesPerGroup >= 1 &&
         g.inodesPerGroup <= BLOCK * 8 && g.blocksPerGroup >= 1 && g.blocksPerGroup <= BLOCK * 8 &&
         g.inodes == g.groups * g.inodesPerGroup && g.inodeSize >= sizeof(Inode) && g.inodeSize <= BLOCK &&
         g.groups == (g.blocks - g.firstDataBlock + g.blocksPerGroup - 1) / g.blocksPerGroup;
}

bool Ext2Fs::CountAlike(const char* superblock, const char* descriptors) const {
  L4_Word_t blocks, inodes;
  FreeApart(superblock, descriptors, geometry_.groups, blocks, inodes);
  return blocks == geometry_.blocksApart && inodes == geometry_.inodesApart;
}

Ext2Error Ext2Fs::FreeCounts(L4_Word_t& blocks, L4_Word_t& inodes) {
  const auto* sb = reinterpret_cast<const Superblock*>(blocks_.Get(SUPERBLOCK));
  if (!sb) return arc::EXT2_EIO;
  blocks = sb->freeBlocks;
  inodes = sb->freeInodes;
  return 0;
}

Ext2Error Ext2Fs::ReadGroup(L4_Word_t group, Group& row) {
  const char* image = blocks_.Get(DESCRIPTORS);
  if (!image) return arc::EXT2_EIO;
  memcpy(&row, image + group * sizeof row, sizeof row);
  const L4_Word_t table = row.inodeTable + geometry_.inodesPerGroup * geometry_.inodeSize / BLOCK;
  return IsBlock(row.blockBitmap) && IsBlock(row.inodeBitmap) && IsBlock(row.inodeTable) && table <= geometry_.blocks
             ? 0
             : arc::EXT2_EIO;
}

/** Changes a group's counts, and the superblock's. */
Ext2Error Ext2Fs::Count(L4_Word_t group, int blocks, int inodes, int directories) {
  const auto add = [](unsigned short& count, int change) { count = static_cast<unsigned short>(count + change); };
  const Ext2Error error = blocks_.Update(DESCRIPTORS, [&](char* image) {
    Group& row = reinterpret_cast<Group*>(image)[group];
    add(row.freeBlocks, blocks);
    add(row.freeInodes, inodes);
    add(row.directories, directories);
  });
  if (error) return error;
  return blocks_.Update(SUPERBLOCK, [&](char* image) {
    auto* sb = reinterpret_cast<Superblock*>(image);
    sb->freeBlocks += static_cast<L4_Word_t>(blocks);
    sb->freeInodes += static_cast<L4_Word_t>(inodes);
    sb->state = static_cast<unsigned short>(sb->state & ~VALID);
  });
}

Ext2Error Ext2Fs::TakeBit(L4_Word_t bitmap, L4_Word_t low, L4_Word_t from, L4_Word_t high, int& found) {
  const auto* bits = reinterpret_cast<const unsigned char*>(blocks_.Get(bitmap));
  if (!bits) return arc::EXT2_EIO;
  found = FreeBit(bits, from, high);
  if (found < 0) found = FreeBit(bits, low, from);
  if (found < 0) return 0;
  const auto bit = static_cast<L4_Word_t>(found);
  return blocks_.Update(bitmap, [bit](char* image) { image[bit / 8] = static_cast<char>(image[bit / 8] | 1 << bit % 8); });
}

Ext2Error Ext2Fs::ClearBit(L4_Word_t bitmap, L4_Word_t bit) {
  const char* bits = blocks_.Get(bitmap);
  if (!bits || !(bits[bit / 8] >> bit % 8 & 1)) return arc::EXT2_EIO;
  return blocks_.Update(bitmap,
                        [bit](char* image) { image[bit / 8] = static_cast<char>(image[bit / 8] & ~(1 << bit % 8)); });
}

Ext2Error Ext2Fs::NewBlock(L4_Word_t goal, L4_Word_t& block) {
  if (!IsBlock(goal)) goal = GroupStart(0);
  const L4_Word_t first = (goal - geometry_.firstDataBlock) / geometry_.blocksPerGroup;
  for (L4_Word_t n = 0; n < geometry_.groups; n++) {
    const L4_Word_t group = (first + n) % geometry_.groups;
    Group row;
    if (const Ext2Error error = ReadGroup(group, row)) return error;
    if (!row.freeBlocks) continue;
    const L4_Word_t left = geometry_.blocks - GroupStart(group);
    int bit;
    if (const Ext2Error error = TakeBit(row.blockBitmap, 0, n ? 0 : goal - GroupStart(group),
                                        left < geometry_.blocksPerGroup ? left : geometry_.blocksPerGroup, bit))
      return error;
    if (bit < 0) continue;
    block = GroupStart(group) + static_cast<L4_Word_t>(bit);
    return Count(group, -1, 0, 0);
  }
  return arc::EXT2_ENOSPC;
}

Ext2Error Ext2Fs::FreeBlock(L4_Word_t block) {
  if (!IsBlock(block)) return arc::EXT2_EIO;
  const L4_Word_t group = (block - geometry_.firstDataBlock) / geometry_.blocksPerGroup;
  Group row;
  if (const Ext2Error error = ReadGroup(group, row)) return error;
  if (const Ext2Error error = ClearBit(row.blockBitmap, block - GroupStart(group))) return error;
  return Count(group, 1, 0, 0);
}

Ext2Error Ext2Fs::InodePlace(L4_Word_t number, L4_Word_t& block, L4_Word_t& offset) {
  if (number < 1 || number > geometry_.inodes) return arc::EXT2_EIO;
  Group row;
  if (const Ext2Error error = ReadGroup(GroupOf(number), row)) return error;
  const L4_Word_t at = (number - 1) % geometry_.inodesPerGroup * geometry_.inodeSize;
  block = row.inodeTable + at / BLOCK;
  offset = at % BLOCK;
  return 0;
}

Ext2Error Ext2Fs::ReadInode(L4_Word_t number, Inode& inode) {
  L4_Word_t block, offset;
  if (const Ext2Error error = InodePlace(number, block, offset)) return error;
  const char* image = blocks_.Get(block);
  if (!image) return arc::EXT2_EIO;
  memcpy(&inode, image + offset, sizeof inode);
  return 0;
}

Ext2Error Ext2Fs::WriteInode(L4_Word_t number, const Inode& inode) {
  L4_Word_t block, offset;
  if (const Ext2Error error = InodePlace(number, block, offset)) return error;
  return blocks_.Update(block, [&](char* image) { memcpy(image + offset, &inode, sizeof inode); });
}

Ext2Error Ext2Fs::NewInode(L4_Word_t near, unsigned short mode, unsigned short links, L4_Word_t& number, Inode& inode) {
  memset(&inode, 0, sizeof inode);
  inode.mode = mode;
  inode.links = links;
  inode.accessed = inode.changed = inode.modified = geometry_.time;
  for (L4_Word_t n = 0; n < geometry_.groups; n++) {
    const L4_Word_t group = (GroupOf(near) + n) % geometry_.groups;
    Group row;
    if (const Ext2Error error = ReadGroup(group, row)) return error;
    if (!row.freeInodes) continue;
    const L4_Word_t reserved = group == 0 ? geometry_.firstInode - 1 : 0;
    int bit;
    if (const Ext2Error error = TakeBit(row.inodeBitmap, reserved, reserved, geometry_.inodesPerGroup, bit)) return error;
    if (bit < 0) continue;
    number = group * geometry_.inodesPerGroup + static_cast<L4_Word_t>(bit) + 1;
    L4_Word_t block, offset;
    if (const Ext2Error error = InodePlace(number, block, offset)) return error;
    // What an earlier file has left behind the known fields, where inodes are larger.
    const Ext2Error error =
        blocks_.Update(block, [&](char* image) { memset(image + offset, 0, geometry_.inodeSize); });
    return error ? error : Count(group, 0, -1, inode.IsDirectory());
  }
  return arc::EXT2_ENOSPC;
}

Ext2Error Ext2Fs::FreeInode(L4_Word_t number, Inode& inode) {
  // Extended attributes lie in a block that others may share.
  if (inode.fileAcl) return arc::EXT2_EOPNOTSUPP;
  const bool directory = inode.IsDirectory();
  // A short symbolic link has its text where others have block numbers.
  if (inode.IsRegular() || directory || inode.sectors)
    if (const Ext2Error error = Truncate(inode, 0)) return error;
  inode.links = 0;
  inode.deleted = geometry_.time;
  if (const Ext2Error error = WriteInode(number, inode)) return error;
  Group row;
  if (const Ext2Error error = ReadGroup(GroupOf(number), row)) return error;
  if (const Ext2Error error = ClearBit(row.inodeBitmap, (number - 1) % geometry_.inodesPerGroup)) return error;
  return Count(GroupOf(number), 0, 1, directory ? -1 : 0);
}
