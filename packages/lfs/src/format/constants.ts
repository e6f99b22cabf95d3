/**
 * Numbers of the format that belong to no single structure.
 *
 * Here: magic numbers, reserved inodes, sizes fixed by the format, bits. Not here: layouts (the files
 * beside this one). Names are those of 4.4BSD's and NetBSD's lfs.h.
 * @module
 */

/** Superblock magic of the 32-bit format, both versions. */
export const LFS_MAGIC = 0x070162;
/** Superblock magic of NetBSD's 64-bit format, which is another layout and is refused. */
export const LFS64_MAGIC = 0xe69df8fe;
/** Segment summary magic. */
export const SS_MAGIC = 0x061561;

/** Bytes before the first superblock, and bytes that a superblock occupies. */
export const LFS_LABELPAD = 8192;
export const LFS_SBPAD = 8192;

export const LFS_UNUSED_INUM = 0;
export const LFS_IFILE_INUM = 1;
export const ULFS_ROOTINO = 2;
/** The first inode number that a file other than the root may have in version 2. */
export const LFS_FIRST_INUM = 3;

/** Direct and indirect pointers of an inode. */
export const NDADDR = 12;
export const NIADDR = 3;

export const LFS_MAXNUMSB = 10;
export const LFS_MIN_SBINTERVAL = 5;
/** Segments written since the last checkpoint that force one. */
export const LFS_MAX_ACTIVE = 10;
export const MIN_FREE_SEGS = 20;
export const MIN_RESV_SEGS = 15;
/** Highest disk address: addresses are signed 32-bit words. */
export const LFS_MAX_DADDR = 0x7fffffff;

/** Bytes of an inode on disk. */
export const DINODE_SIZE = 128;
/** A symbolic link shorter than this lies in the inode's block pointers. */
export const MAXSYMLINKLEN = 60;
export const LFS_LINK_MAX = 32767;

/** Superblock flag: unmounted in order. */
export const LFS_PF_CLEAN = 0x1;

/** Summary flags. */
export const SS_DIROP = 0x01;
export const SS_CONT = 0x02;
export const SS_CLEAN = 0x04;
export const SS_RFW = 0x08;
export const SS_RECLAIM = 0x10;

/** Segment usage flags. */
export const SEGUSE_ACTIVE = 0x01;
export const SEGUSE_DIRTY = 0x02;
export const SEGUSE_SUPERBLOCK = 0x04;
export const SEGUSE_ERROR = 0x08;
export const SEGUSE_EMPTY = 0x10;
export const SEGUSE_INVAL = 0x20;
/** Ours: a pinned checkpoint needs the segment; and one that is being found out to need it. Others carry both along. */
export const SEGUSE_PINNED = 0x10000;
export const SEGUSE_MARKED = 0x20000;

/** `if_nextfree` of an inode that has no name left but is still open. */
export const LFS_ORPHAN_NEXTFREE = 0xffffffff;

/** File types in `di_mode`, and `di_flags` of the ifile. */
export const S_IFMT = 0o170000;
export const S_IFIFO = 0o010000;
export const S_IFCHR = 0o020000;
export const S_IFDIR = 0o040000;
export const S_IFBLK = 0o060000;
export const S_IFREG = 0o100000;
export const S_IFLNK = 0o120000;
export const S_IFSOCK = 0o140000;
export const SF_IMMUTABLE = 0x00020000;
