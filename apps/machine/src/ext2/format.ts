/**
 * Ext2 on the disk: where which field lies.
 *
 * Here: byte offsets, numbers, and a superblock with its groups read out of bytes. Not here: files (→ read.ts), making a
 * file system (→ make.ts), whether one is sound (→ check.ts). The guest's server has its own structures, on purpose.
 * Reference: R. Card, T. Ts'o, S. Tweedie, Design and Implementation of the Second Extended Filesystem (1994); the Linux
 * kernel's Documentation/filesystems/ext2.rst and ext4 "Data Structures and Algorithms".
 * @module
 */
import { err, ok, type Result } from "neverthrow";

/** Why a file system cannot be read or made. */
export interface Ext2Error {
  /** Not Ext2 or broken; Ext2 that is not handled here; no such file; no room. */
  readonly kind: "damaged" | "unsupported" | "missing" | "full";
  /** What, where, and the way out where there is one. */
  readonly text: string;
}

/** Files and folders by name; a folder is a tree of its own. */
export interface Ext2Tree {
  readonly [name: string]: Uint8Array | Ext2Tree;
}

export const SUPERBLOCK_OFFSET = 1024;
export const SUPERBLOCK_SIZE = 1024;
export const MAGIC = 0xef53;

/** Fields of the superblock. */
export const SB = {
  inodes: 0,
  blocks: 4,
  reservedBlocks: 8,
  freeBlocks: 12,
  freeInodes: 16,
  firstDataBlock: 20,
  logBlockSize: 24,
  logFragmentSize: 28,
  blocksPerGroup: 32,
  fragmentsPerGroup: 36,
  inodesPerGroup: 40,
  mountTime: 44,
  writeTime: 48,
  mounts: 52,
  mostMounts: 54,
  magic: 56,
  state: 58,
  errors: 60,
  lastCheck: 64,
  checkInterval: 68,
  creatorOs: 72,
  revision: 76,
  firstInode: 84,
  inodeSize: 88,
  groupNumber: 90,
  compatible: 92,
  incompatible: 96,
  readOnlyCompatible: 100,
  uuid: 104,
  volumeName: 120,
} as const;
/** Of `state`: it was unmounted cleanly. */
export const STATE_VALID = 1;
/** Incompatible feature: directory records name their inode's kind. */
export const FEATURE_FILETYPE = 2;

export const GROUP_SIZE = 32;
/** Fields of a group descriptor. */
export const GROUP = { blockBitmap: 0, inodeBitmap: 4, inodeTable: 8, freeBlocks: 12, freeInodes: 14, directories: 16 };

/** Fields of an inode. */
export const INODE = {
  mode: 0,
  size: 4,
  accessed: 8,
  changed: 12,
  modified: 16,
  deleted: 20,
  links: 26,
  sectors: 28,
  flags: 32,
  block: 40,
  fileAcl: 104,
} as const;
export const OLD_INODE_SIZE = 128;
export const OLD_FIRST_INODE = 11;
export const ROOT_INODE = 2;
export const DIRECT_BLOCKS = 12;
/** Direct blocks, then the single, double and triple indirect one. */
export const BLOCK_POINTERS = 15;
export const MODE_KIND = 0xf000;
export const MODE_DIRECTORY = 0x4000;
export const MODE_FILE = 0x8000;
export const MODE_SYMLINK = 0xa000;

/** Kinds in directory records. */
export const KIND_FILE = 1;
export const KIND_DIRECTORY = 2;
export const KIND_SYMLINK = 7;
/** Bytes of a directory record before its name. */
export const RECORD_HEADER = 8;
/** Bytes of a record with a name of so many bytes. */
export const recordSize = (name: number): number => (RECORD_HEADER + name + 3) & ~3;

export const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Where the parts of one file system lie, in bytes and blocks. */
export interface Ext2Geometry {
  readonly blockSize: number;
  readonly blocks: number;
  readonly inodes: number;
  readonly firstDataBlock: number;
  readonly blocksPerGroup: number;
  readonly inodesPerGroup: number;
  readonly groups: number;
  readonly inodeSize: number;
  readonly firstInode: number;
  readonly revision: number;
  readonly incompatible: number;
  readonly readOnlyCompatible: number;
  /** It was unmounted cleanly, or never mounted. */
  readonly clean: boolean;
}

/** Reads the superblock's 1,024 bytes. */
export function readGeometry(bytes: Uint8Array): Result<Ext2Geometry, Ext2Error> {
  const sb = view(bytes);
  const word = (field: number): number => sb.getUint32(field, true);
  if (sb.getUint16(SB.magic, true) !== MAGIC)
    return err({ kind: "damaged", text: `no Ext2 file system: ${SB.magic} bytes into its superblock EF53 is missing` });
  const revision = word(SB.revision);
  const geometry = {
    blockSize: 1024 << word(SB.logBlockSize),
    blocks: word(SB.blocks),
    inodes: word(SB.inodes),
    firstDataBlock: word(SB.firstDataBlock),
    blocksPerGroup: word(SB.blocksPerGroup),
    inodesPerGroup: word(SB.inodesPerGroup),
    groups: Math.ceil((word(SB.blocks) - word(SB.firstDataBlock)) / word(SB.blocksPerGroup)),
    inodeSize: revision === 0 ? OLD_INODE_SIZE : sb.getUint16(SB.inodeSize, true),
    firstInode: revision === 0 ? OLD_FIRST_INODE : word(SB.firstInode),
    revision,
    incompatible: revision === 0 ? 0 : word(SB.incompatible),
    readOnlyCompatible: revision === 0 ? 0 : word(SB.readOnlyCompatible),
    clean: (sb.getUint16(SB.state, true) & STATE_VALID) !== 0,
  };
  const sound =
    word(SB.logBlockSize) <= 2 &&
    geometry.groups >= 1 &&
    geometry.blocksPerGroup <= 8 * geometry.blockSize &&
    geometry.inodesPerGroup >= 1 &&
    geometry.inodesPerGroup <= 8 * geometry.blockSize &&
    geometry.inodes === geometry.groups * geometry.inodesPerGroup &&
    geometry.inodeSize >= OLD_INODE_SIZE &&
    geometry.inodeSize <= geometry.blockSize;
  if (!sound)
    return err({ kind: "damaged", text: "the superblock's numbers contradict each other; e2fsck may mend it" });
  if ((geometry.incompatible & ~FEATURE_FILETYPE) !== 0)
    return err({
      kind: "unsupported",
      text: `incompatible features ${geometry.incompatible.toString(16)}h: make it with mke2fs -t ext2`,
    });
  return ok(geometry);
}
