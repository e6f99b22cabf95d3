/**
 * Whether an Ext2 file system is sound: what e2fsck -fn asks, in its five passes.
 *
 * Here: blocks and sizes, directories, connections, links, bitmaps and counts, each problem as a line; none: it is sound. An
 * inode is in use if it has links, as e2fsck has it. Not here: repairs; features that the reader refuses.
 * @module
 */
import {
  type Ext2Geometry,
  FEATURE_FILETYPE,
  GROUP,
  GROUP_SIZE,
  KIND_DIRECTORY,
  KIND_FILE,
  KIND_SYMLINK,
  MODE_DIRECTORY,
  MODE_FILE,
  MODE_KIND,
  MODE_SYMLINK,
  RECORD_HEADER,
  ROOT_INODE,
  SB,
  SUPERBLOCK_OFFSET,
  view,
} from "./format.ts";
import { type Ext2Inode, type Ext2Reader, openExt2 } from "./read.ts";

const SPARSE_SUPER = 1;
/** Bytes of a symbolic link that lies in its inode. */
const FAST_SYMLINK = 60;
const KINDS: Readonly<Record<number, number>> = {
  [MODE_FILE]: KIND_FILE,
  [MODE_DIRECTORY]: KIND_DIRECTORY,
  [MODE_SYMLINK]: KIND_SYMLINK,
};

/** What is wrong with an image, a line each. */
export function checkExt2(image: Uint8Array): string[] {
  return openExt2(image).match(
    (reader) => new Check(reader, image).run(),
    ({ text }) => [text],
  );
}

class Check {
  readonly #reader: Ext2Reader;
  readonly #geometry: Ext2Geometry;
  readonly #superblock: DataView;
  readonly #problems: string[] = [];
  /** Block → who has it; "" for tables. */
  readonly #owners = new Map<number, string>();
  readonly #inodes = new Map<number, Ext2Inode>();
  /** Inode → records that name it. */
  readonly #names = new Map<number, number>();
  readonly #parents = new Map<number, number>();

  constructor(reader: Ext2Reader, image: Uint8Array) {
    this.#reader = reader;
    this.#geometry = reader.geometry;
    this.#superblock = view(image.subarray(SUPERBLOCK_OFFSET));
  }

  run(): string[] {
    this.#tables();
    for (let number = 1; number <= this.#geometry.inodes; number++) this.#inode(number);
    for (const inode of this.#inodes.values()) if (isDirectory(inode)) this.#directory(inode);
    for (const inode of this.#inodes.values()) this.#connections(inode);
    this.#counts();
    return this.#problems;
  }

  #problem(text: string): undefined {
    this.#problems.push(text);
  }

  #own(block: number, owner: string): undefined {
    const { firstDataBlock, blocks } = this.#geometry;
    if (block < firstDataBlock || block >= blocks) return this.#problem(`${owner}: block ${block} is none`);
    const other = this.#owners.get(block);
    if (other !== undefined) this.#problem(`block ${block} is ${owner}'s and ${other}'s`);
    this.#owners.set(block, owner);
  }

  #group(group: number): DataView {
    return this.#reader.group(group)._unsafeUnwrap();
  }

  #start(group: number): number {
    return this.#geometry.firstDataBlock + group * this.#geometry.blocksPerGroup;
  }

  #length(group: number): number {
    return Math.min(this.#geometry.blocksPerGroup, this.#geometry.blocks - this.#start(group));
  }

  #tables(): void {
    const { groups, blockSize, inodesPerGroup, inodeSize, readOnlyCompatible } = this.#geometry;
    const descriptors = Math.ceil((groups * GROUP_SIZE) / blockSize);
    // Blocks kept for more descriptors: resize_inode names them, it is read as a file that has them.
    for (let group = 0; group < groups; group++) {
      if (hasSuperblock(group, (readOnlyCompatible & SPARSE_SUPER) !== 0))
        for (let i = 0; i <= descriptors; i++) this.#own(this.#start(group) + i, "the tables");
      const row = this.#group(group);
      this.#own(row.getUint32(GROUP.blockBitmap, true), `group ${group}'s bitmap`);
      this.#own(row.getUint32(GROUP.inodeBitmap, true), `group ${group}'s bitmap of inodes`);
      for (let i = 0; i < Math.ceil((inodesPerGroup * inodeSize) / blockSize); i++)
        this.#own(row.getUint32(GROUP.inodeTable, true) + i, `group ${group}'s inodes`);
    }
  }

  #inode(number: number): undefined {
    const found = this.#reader.inode(number);
    if (found.isErr()) return this.#problem(found.error.text);
    const inode = found.value;
    const reserved = number < this.#geometry.firstInode && number !== ROOT_INODE;
    if (inode.links === 0) {
      if (inode.mode !== 0 && inode.deleted === 0 && !reserved) this.#problem(`inode ${number}: deleted at no time`);
      return;
    }
    this.#inodes.set(number, inode);
    if (KINDS[inode.mode & MODE_KIND] === undefined && !reserved)
      this.#problem(`inode ${number}: mode ${inode.mode.toString(8)}`);
    if ((inode.mode & MODE_KIND) === MODE_SYMLINK && inode.size < FAST_SYMLINK && inode.sectors === 0) return;
    let blocks = 0;
    let end = 0;
    const walked = this.#reader.blocksOf(inode, (block, index) => {
      this.#own(block, `inode ${number}`);
      blocks++;
      end = Math.max(end, index + 1);
    });
    if (walked.isErr()) return this.#problem(walked.error.text);
    const { blockSize } = this.#geometry;
    if (inode.sectors !== blocks * (blockSize / 512))
      this.#problem(`inode ${number}: ${inode.sectors} sectors, has ${blocks * (blockSize / 512)}`);
    const directory = isDirectory(inode);
    if (directory ? inode.size !== end * blockSize || end === 0 : inode.size <= (end - 1) * blockSize && !reserved)
      this.#problem(`inode ${number}: ${inode.size} bytes in ${end} blocks`);
  }

  #directory(directory: Ext2Inode): undefined {
    const records = this.#reader.records(directory);
    if (records.isErr()) return this.#problem(records.error.text);
    const seen = new Set<string>();
    const { incompatible } = this.#geometry;
    for (const [i, { name, inode, kind }] of records.value.entries()) {
      const where = `directory ${directory.number}, "${name}"`;
      if (seen.has(name) || /[/\0]/.test(name)) this.#problem(`${where}: a bad name, or twice`);
      seen.add(name);
      const target = this.#inodes.get(inode);
      if (target === undefined) {
        this.#problem(`${where}: inode ${inode} is not in use`);
        continue;
      }
      this.#names.set(inode, (this.#names.get(inode) ?? 0) + 1);
      if ((incompatible & FEATURE_FILETYPE) !== 0 && KINDS[target.mode & MODE_KIND] !== kind)
        this.#problem(`${where}: kind ${kind}`);
      if ((name === ".") !== (i === 0) || (name === "..") !== (i === 1)) this.#problem(`${where}: record ${i}`);
      if (name === "." && inode !== directory.number) this.#problem(`${where} is ${inode}`);
      if (i > 1 && isDirectory(target)) {
        if (this.#parents.has(inode)) this.#problem(`${where}: directory ${inode} has two parents`);
        this.#parents.set(inode, directory.number);
      }
    }
    if (records.value.length < 2) this.#problem(`directory ${directory.number}: no "." and ".."`);
    // Behind the names "." and ".." there is a NUL, as e2fsck wants it.
    const bytes = this.#reader.contents(directory).unwrapOr(new Uint8Array(0));
    const second = (records.value[0]?.recordLength ?? 0) + RECORD_HEADER;
    if (bytes[RECORD_HEADER + 1] || bytes[second + 2])
      this.#problem(`directory ${directory.number}: bytes behind "." or ".."`);
  }

  #connections(inode: Ext2Inode): undefined {
    const { number, links } = inode;
    if (number < this.#geometry.firstInode && number !== ROOT_INODE) return;
    const names = this.#names.get(number) ?? 0;
    if (names !== links) this.#problem(`inode ${number}: ${links} links, ${names} names`);
    if (!isDirectory(inode)) return;
    const parent = number === ROOT_INODE ? ROOT_INODE : this.#parents.get(number);
    if (parent === undefined) return this.#problem(`directory ${number} is nowhere`);
    const up = this.#reader.records(inode).unwrapOr([])[1]?.inode;
    if (up !== parent) this.#problem(`directory ${number}: ".." is ${up}, it lies in ${parent}`);
    for (let at = number, steps = 0; at !== ROOT_INODE; at = this.#parents.get(at) ?? ROOT_INODE)
      if (++steps > this.#inodes.size) return this.#problem(`directory ${number} is not below the root`);
  }

  #counts(): void {
    const { groups, inodesPerGroup, firstInode } = this.#geometry;
    const free = { blocks: 0, inodes: 0 };
    for (let group = 0; group < groups; group++) {
      const row = this.#group(group);
      const [start, length] = [this.#start(group), this.#length(group)];
      const firstOfGroup = group * inodesPerGroup + 1;
      const inUse = (bit: number) => this.#inodes.has(firstOfGroup + bit) || firstOfGroup + bit < firstInode;
      const blocks = this.#bitmap(row.getUint32(GROUP.blockBitmap, true), length, `block`, start, (bit) =>
        this.#owners.has(start + bit),
      );
      const inodes = this.#bitmap(row.getUint32(GROUP.inodeBitmap, true), inodesPerGroup, `inode`, firstOfGroup, inUse);
      free.blocks += blocks;
      free.inodes += inodes;
      const directories = [...this.#inodes.values()].filter(
        (inode) => isDirectory(inode) && Math.floor((inode.number - 1) / inodesPerGroup) === group,
      ).length;
      this.#same(`group ${group}, free blocks`, row.getUint16(GROUP.freeBlocks, true), blocks);
      this.#same(`group ${group}, free inodes`, row.getUint16(GROUP.freeInodes, true), inodes);
      this.#same(`group ${group}, directories`, row.getUint16(GROUP.directories, true), directories);
    }
    this.#same("free blocks", this.#superblock.getUint32(SB.freeBlocks, true), free.blocks);
    this.#same("free inodes", this.#superblock.getUint32(SB.freeInodes, true), free.inodes);
  }

  #same(what: string, said: number, is: number): void {
    if (said !== is) this.#problem(`${what}: ${said} said, ${is} counted`);
  }

  /** Compares a bitmap with what is in use; gives the number of free ones. */
  #bitmap(block: number, length: number, what: string, first: number, inUse: (bit: number) => boolean): number {
    const found = this.#reader.block(block);
    if (found.isErr()) {
      this.#problem(found.error.text);
      return 0;
    }
    let free = 0;
    for (let bit = 0; bit < found.value.length * 8; bit++) {
      const set = ((found.value[bit >> 3]! >> (bit & 7)) & 1) === 1;
      if (bit >= length) {
        if (!set) {
          this.#problem(`the bitmap from ${what} ${first} on is not filled up`);
          break;
        }
        continue;
      }
      const used = inUse(bit);
      if (!used) free++;
      if (used !== set)
        this.#problem(`${what} ${first + bit} is ${used ? "in use and free" : "not in use and not free"}`);
    }
    return free;
  }
}

const isDirectory = ({ mode }: Ext2Inode): boolean => (mode & MODE_KIND) === MODE_DIRECTORY;

/** Whether a group begins with a copy of the superblock: all, or 0, 1 and the powers of 3, 5 and 7. */
function hasSuperblock(group: number, sparse: boolean): boolean {
  if (!sparse || group <= 1) return true;
  return [3, 5, 7].some((base) => {
    let power = base;
    while (power < group) power *= base;
    return power === group;
  });
}
