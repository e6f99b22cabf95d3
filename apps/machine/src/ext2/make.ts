/**
 * Makes an Ext2 file system with files and folders in it, the same bytes every time.
 *
 * Here: blocks of 1 KiB, every group with a copy of the superblock, inodes of 128 bytes, files from the first block on. Not
 * here: changing a file system (the guest's server does that), reading one (→ read.ts).
 * @module
 */
import { err, ok, type Result } from "neverthrow";
import {
  BLOCK_POINTERS,
  DIRECT_BLOCKS,
  type Ext2Error,
  type Ext2Tree,
  FEATURE_FILETYPE,
  GROUP,
  GROUP_SIZE,
  INODE,
  KIND_DIRECTORY,
  KIND_FILE,
  MAGIC,
  MODE_DIRECTORY,
  MODE_FILE,
  OLD_FIRST_INODE,
  OLD_INODE_SIZE,
  RECORD_HEADER,
  ROOT_INODE,
  recordSize,
  SB,
  STATE_VALID,
  view,
} from "./format.ts";
import { BLOCK, blocksFor, directoryBytes, encode, isFile, measure, POINTERS } from "./measure.ts";

const FIRST_DATA_BLOCK = 1;
const INODES_PER_BLOCK = BLOCK / OLD_INODE_SIZE;
/** Blocks of a group at most: as many as its bitmap has bits. */
const MOST_PER_GROUP = 8 * BLOCK;
/** Blocks that a group has beyond its tables, at least. */
const LEAST_DATA = 16;
/** 1 January 2009, UTC. */
const DEFAULT_TIME = 1_230_768_000;
const UUID = new TextEncoder().encode("kintsugi ext2 fs");

export interface Ext2Options {
  /** Blocks of 1 KiB; left out: what the files take and a quarter more. */
  readonly blocks?: number;
  readonly blocksPerGroup?: number;
  /** Inodes at least, over all groups; left out: twice as many as there are files, and room. */
  readonly inodes?: number;
  /** 0: the old form, whose directories do not name kinds. */
  readonly revision?: 0 | 1;
  /** Seconds since 1970 of everything in it. */
  readonly time?: number;
}

/** Makes a file system that holds the tree, and an empty `lost+found`. The image has 1,024 bytes for each block. */
export function makeExt2(tree: Ext2Tree, options: Ext2Options = {}): Result<Uint8Array, Ext2Error> {
  return measure(tree, "").andThen((needs): Result<Uint8Array, Ext2Error> => {
    const perGroup = options.blocksPerGroup ?? MOST_PER_GROUP;
    const inodes = Math.max(options.inodes ?? 2 * needs.inodes + 64, needs.inodes + OLD_FIRST_INODE);
    const data = needs.blocks + 1;
    const overhead = Math.ceil(inodes / INODES_PER_BLOCK) + 32 + Math.ceil(data / perGroup) * 16;
    const blocks = options.blocks ?? Math.max(256, Math.ceil((data * 5) / 4) + overhead);
    if (perGroup % 8 !== 0 || perGroup < 128 || perGroup > MOST_PER_GROUP)
      return err({ kind: "unsupported", text: `${perGroup} blocks a group: 128 to ${MOST_PER_GROUP}, in eights` });
    const maker = new Maker(blocks, perGroup, inodes, options);
    if (maker.room < data)
      return err({
        kind: "full",
        text: `the files need ${data} blocks, ${Math.max(0, maker.room)} of ${blocks} are free for them`,
      });
    return ok(maker.make(tree));
  });
}

/** One image while it is made. Free blocks and inodes are given out in order. */
class Maker {
  readonly image: Uint8Array;
  readonly #view: DataView;
  readonly #blocks: number;
  readonly #perGroup: number;
  readonly #groups: number;
  readonly #inodesPerGroup: number;
  readonly #options: Ext2Options;
  readonly #fileTypes: boolean;
  readonly #time: number;
  #nextBlock: number;
  #nextInode = OLD_FIRST_INODE;
  /** Directories per group. */
  readonly #directories: number[];

  constructor(blocks: number, perGroup: number, inodes: number, options: Ext2Options) {
    this.#options = options;
    this.#fileTypes = options.revision !== 0;
    this.#time = options.time ?? DEFAULT_TIME;
    this.#perGroup = perGroup;
    const groups = Math.ceil((blocks - FIRST_DATA_BLOCK) / perGroup);
    this.#groups = groups;
    this.#inodesPerGroup = Math.ceil(Math.max(inodes / groups, 16) / INODES_PER_BLOCK) * INODES_PER_BLOCK;
    // A last group that is all tables is left out.
    const last = blocks - FIRST_DATA_BLOCK - (groups - 1) * perGroup;
    this.#blocks = last < this.#overhead + LEAST_DATA && groups > 1 ? blocks - last : blocks;
    if (this.#blocks !== blocks) this.#groups--;
    this.image = new Uint8Array(blocks * BLOCK);
    this.#view = view(this.image);
    this.#directories = Array(this.#groups).fill(0);
    this.#nextBlock = this.#firstFree(0);
  }

  /** Blocks for files. */
  get room(): number {
    return this.#blocks - FIRST_DATA_BLOCK - this.#groups * this.#overhead;
  }

  /** Of every group: superblock, descriptors, two bitmaps, inodes. */
  get #overhead(): number {
    return 1 + this.#descriptorBlocks + 2 + this.#inodesPerGroup / INODES_PER_BLOCK;
  }

  get #descriptorBlocks(): number {
    return Math.ceil((this.#groups * GROUP_SIZE) / BLOCK);
  }

  #groupStart(group: number): number {
    return FIRST_DATA_BLOCK + group * this.#perGroup;
  }

  #groupEnd(group: number): number {
    return Math.min(this.#groupStart(group + 1), this.#blocks);
  }

  #firstFree(group: number): number {
    return this.#groupStart(group) + this.#overhead;
  }

  #allocate(): number {
    const block = this.#nextBlock++;
    const group = Math.floor((block - FIRST_DATA_BLOCK) / this.#perGroup);
    if (this.#nextBlock === this.#groupEnd(group)) this.#nextBlock = this.#firstFree(group + 1);
    return block;
  }

  make(tree: Ext2Tree): Uint8Array {
    const lostAndFound = this.#nextInode++;
    this.#directory(lostAndFound, ROOT_INODE, {}, []);
    this.#directory(ROOT_INODE, ROOT_INODE, tree, [["lost+found", lostAndFound]]);
    for (let group = 0; group < this.#groups; group++) this.#tables(group);
    // The copies are made when everything is counted.
    const first = this.image.slice(BLOCK, (2 + this.#descriptorBlocks) * BLOCK);
    for (let group = 1; group < this.#groups; group++) {
      const at = this.#groupStart(group) * BLOCK;
      this.image.set(first, at);
      if (this.#fileTypes) this.#view.setUint16(at + SB.groupNumber, group, true);
    }
    return this.image;
  }

  /** Writes a directory and everything below; gives its inode. */
  #directory(inode: number, parent: number, tree: Ext2Tree, also: readonly (readonly [string, number])[]): void {
    const entries: [Uint8Array, number, number][] = [
      [encode("."), inode, KIND_DIRECTORY],
      [encode(".."), parent, KIND_DIRECTORY],
      ...also.map(([name, number]): [Uint8Array, number, number] => [encode(name), number, KIND_DIRECTORY]),
    ];
    let below = also.length;
    for (const [name, node] of Object.entries(tree)) {
      const number = this.#nextInode++;
      if (isFile(node)) this.#inode(number, MODE_FILE | 0o644, 1, node);
      else {
        this.#directory(number, inode, node, []);
        below++;
      }
      entries.push([encode(name), number, isFile(node) ? KIND_FILE : KIND_DIRECTORY]);
    }
    this.#directories[Math.floor((inode - 1) / this.#inodesPerGroup)]!++;
    this.#inode(inode, MODE_DIRECTORY | 0o755, 2 + below, this.#records(entries));
  }

  #records(entries: readonly (readonly [Uint8Array, number, number])[]): Uint8Array {
    const bytes = new Uint8Array(directoryBytes(entries.slice(2).map(([name]) => name)));
    const table = view(bytes);
    let [at, last] = [0, 0];
    const endAt = (end: number): void => table.setUint16(last + 4, end - last, true);
    for (const [name, inode, kind] of entries) {
      const end = (Math.floor(last / BLOCK) + 1) * BLOCK;
      if (at + recordSize(name.length) > end) {
        endAt(end);
        at = end;
      } else if (at > 0) endAt(at);
      table.setUint32(at, inode, true);
      table.setUint8(at + 6, name.length);
      if (this.#fileTypes) table.setUint8(at + 7, kind);
      bytes.set(name, at + RECORD_HEADER);
      last = at;
      at += recordSize(name.length);
    }
    endAt(bytes.length);
    return bytes;
  }

  /** Writes an inode and its blocks. */
  #inode(number: number, mode: number, links: number, bytes: Uint8Array): void {
    const group = Math.floor((number - 1) / this.#inodesPerGroup);
    const table = this.#groupStart(group) + 1 + this.#descriptorBlocks + 2;
    const at = table * BLOCK + ((number - 1) % this.#inodesPerGroup) * OLD_INODE_SIZE;
    this.#view.setUint16(at + INODE.mode, mode, true);
    this.#view.setUint32(at + INODE.size, bytes.length, true);
    for (const field of [INODE.accessed, INODE.changed, INODE.modified])
      this.#view.setUint32(at + field, this.#time, true);
    this.#view.setUint16(at + INODE.links, links, true);
    this.#view.setUint32(at + INODE.sectors, blocksFor(bytes.length) * (BLOCK / 512), true);
    const data = Math.ceil(bytes.length / BLOCK);
    let done = 0;
    const place = (level: number): number => {
      const block = this.#allocate();
      if (level === 0) {
        this.image.set(bytes.subarray(done * BLOCK, (done + 1) * BLOCK), block * BLOCK);
        done++;
      } else
        for (let i = 0; i < POINTERS && done < data; i++)
          this.#view.setUint32(block * BLOCK + 4 * i, place(level - 1), true);
      return block;
    };
    for (let i = 0; i < BLOCK_POINTERS && done < data; i++)
      this.#view.setUint32(at + INODE.block + 4 * i, place(Math.max(0, i - DIRECT_BLOCKS + 1)), true);
  }

  /** Bitmaps and descriptor of a group, and its part of the superblock. */
  #tables(group: number): void {
    const start = this.#groupStart(group);
    const blockBitmap = start + 1 + this.#descriptorBlocks;
    const length = this.#groupEnd(group) - start;
    const usedInodes = Math.min(Math.max(0, this.#nextInode - 1 - group * this.#inodesPerGroup), this.#inodesPerGroup);
    const usedBlocks = Math.max(this.#overhead, Math.min(length, this.#nextBlock - start));
    // Bits behind the end count as used.
    this.#setBits(blockBitmap, usedBlocks, length);
    this.#setBits(blockBitmap + 1, usedInodes, this.#inodesPerGroup);
    const at = (FIRST_DATA_BLOCK + 1) * BLOCK + group * GROUP_SIZE;
    this.#view.setUint32(at + GROUP.blockBitmap, blockBitmap, true);
    this.#view.setUint32(at + GROUP.inodeBitmap, blockBitmap + 1, true);
    this.#view.setUint32(at + GROUP.inodeTable, blockBitmap + 2, true);
    this.#view.setUint16(at + GROUP.freeBlocks, length - usedBlocks, true);
    this.#view.setUint16(at + GROUP.freeInodes, this.#inodesPerGroup - usedInodes, true);
    this.#view.setUint16(at + GROUP.directories, this.#directories[group]!, true);
    this.#superblock(length - usedBlocks, this.#inodesPerGroup - usedInodes);
  }

  #setBits(block: number, used: number, count: number): void {
    for (let bit = 0; bit < 8 * BLOCK; bit++)
      if (bit < used || bit >= count) this.image[block * BLOCK + (bit >> 3)]! |= 1 << (bit & 7);
  }

  #superblock(freeBlocks: number, freeInodes: number): void {
    const word = (field: number, value: number): void => this.#view.setUint32(BLOCK + field, value, true);
    const half = (field: number, value: number): void => this.#view.setUint16(BLOCK + field, value, true);
    word(SB.inodes, this.#groups * this.#inodesPerGroup);
    word(SB.blocks, this.#blocks);
    word(SB.freeBlocks, this.#view.getUint32(BLOCK + SB.freeBlocks, true) + freeBlocks);
    word(SB.freeInodes, this.#view.getUint32(BLOCK + SB.freeInodes, true) + freeInodes);
    word(SB.firstDataBlock, FIRST_DATA_BLOCK);
    word(SB.blocksPerGroup, this.#perGroup);
    word(SB.fragmentsPerGroup, this.#perGroup);
    word(SB.inodesPerGroup, this.#inodesPerGroup);
    word(SB.writeTime, this.#time);
    word(SB.lastCheck, this.#time);
    half(SB.mostMounts, 0xffff);
    half(SB.magic, MAGIC);
    half(SB.state, STATE_VALID);
    half(SB.errors, 1);
    if (this.#options.revision === 0) return;
    word(SB.revision, 1);
    word(SB.firstInode, OLD_FIRST_INODE);
    half(SB.inodeSize, OLD_INODE_SIZE);
    word(SB.incompatible, FEATURE_FILETYPE);
    this.image.set(UUID, BLOCK + SB.uuid);
    this.image.set(encode("kintsugi"), BLOCK + SB.volumeName);
  }
}
