/**
 * Reads an Ext2 file system: files, folders, inodes.
 *
 * Here: from an image or a disk, whatever its block size, without writing. Not here: whether it is sound (→ check.ts).
 * @module
 */
import { err, ok, type Result, safeTry } from "neverthrow";
import {
  BLOCK_POINTERS,
  DIRECT_BLOCKS,
  type Ext2Error,
  type Ext2Geometry,
  type Ext2Tree,
  GROUP,
  GROUP_SIZE,
  INODE,
  MODE_DIRECTORY,
  MODE_FILE,
  MODE_KIND,
  RECORD_HEADER,
  ROOT_INODE,
  readGeometry,
  SUPERBLOCK_OFFSET,
  SUPERBLOCK_SIZE,
  view,
} from "./format.ts";

const SECTOR = 512;
/** Bytes of a file at most, and folders in folders: a damaged disk asks for any number. */
const LARGEST = 1 << 29;
const DEEPEST = 64;

/** What can be read from: a disk of 512-byte sectors. */
export interface Ext2Source {
  readonly sectors: number;
  read(lba: number, count: number): Uint8Array;
}

/** One record of a directory. */
export interface Ext2Record {
  readonly name: string;
  readonly inode: number;
  /** Kind of inode, as the record has it; 0 where records have none. */
  readonly kind: number;
  readonly recordLength: number;
}

export interface Ext2Inode {
  readonly number: number;
  readonly mode: number;
  readonly size: number;
  readonly links: number;
  readonly sectors: number;
  readonly deleted: number;
  /** The pointers to blocks, in the order of INODE.block. */
  readonly pointers: readonly number[];
}

function sourceOf(image: Uint8Array): Ext2Source {
  return {
    sectors: Math.floor(image.length / SECTOR),
    read: (lba, count) => image.subarray(lba * SECTOR, (lba + count) * SECTOR),
  };
}

/** Opens a file system; `disk` is an image, or whatever has sectors. */
export function openExt2(disk: Ext2Source | Uint8Array): Result<Ext2Reader, Ext2Error> {
  const source = disk instanceof Uint8Array ? sourceOf(disk) : disk;
  const end = (SUPERBLOCK_OFFSET + SUPERBLOCK_SIZE) / SECTOR;
  if (source.sectors < end)
    return err({ kind: "damaged", text: "no Ext2 file system: the disk ends before its superblock" });
  return readGeometry(source.read(SUPERBLOCK_OFFSET / SECTOR, SUPERBLOCK_SIZE / SECTOR)).andThen((geometry) => {
    if (geometry.blocks * (geometry.blockSize / SECTOR) <= source.sectors) return ok(new Ext2Reader(source, geometry));
    return err({
      kind: "damaged" as const,
      text: `the file system has ${geometry.blocks} blocks of ${geometry.blockSize} bytes, the disk only ${source.sectors} sectors: it is cut off`,
    });
  });
}

export class Ext2Reader {
  readonly geometry: Ext2Geometry;
  readonly #source: Ext2Source;

  /** @internal */
  constructor(source: Ext2Source, geometry: Ext2Geometry) {
    this.#source = source;
    this.geometry = geometry;
  }

  /** A block's bytes, as the source gives them. */
  block(number: number): Result<Uint8Array, Ext2Error> {
    const { blockSize, blocks } = this.geometry;
    if (number < 0 || number >= blocks) return err({ kind: "damaged", text: `block ${number} of ${blocks} is named` });
    const sectors = blockSize / SECTOR;
    return ok(this.#source.read(number * sectors, sectors));
  }

  /** A group's descriptor: words and halves at the offsets of GROUP. */
  group(number: number): Result<DataView, Ext2Error> {
    const { blockSize, firstDataBlock } = this.geometry;
    const at = number * GROUP_SIZE;
    return this.block(firstDataBlock + 1 + Math.floor(at / blockSize)).map(
      (bytes) => new DataView(bytes.buffer, bytes.byteOffset + (at % blockSize), GROUP_SIZE),
    );
  }

  inode(number: number): Result<Ext2Inode, Ext2Error> {
    const { inodes, inodesPerGroup, inodeSize, blockSize } = this.geometry;
    if (number < 1 || number > inodes) return err({ kind: "damaged", text: `inode ${number} of ${inodes} is named` });
    const at = ((number - 1) % inodesPerGroup) * inodeSize;
    return this.group(Math.floor((number - 1) / inodesPerGroup))
      .andThen((group) => this.block(group.getUint32(GROUP.inodeTable, true) + Math.floor(at / blockSize)))
      .map((bytes) => {
        const inode = new DataView(bytes.buffer, bytes.byteOffset + (at % blockSize), inodeSize);
        return {
          number,
          mode: inode.getUint16(INODE.mode, true),
          size: inode.getUint32(INODE.size, true),
          links: inode.getUint16(INODE.links, true),
          sectors: inode.getUint32(INODE.sectors, true),
          deleted: inode.getUint32(INODE.deleted, true),
          pointers: Array.from({ length: BLOCK_POINTERS }, (_, i) => inode.getUint32(INODE.block + 4 * i, true)),
        };
      });
  }

  /**
   * Visits every block of an inode's tree: `index` is the place in the file, or -1 for a block of pointers. Holes are left out.
   */
  blocksOf(inode: Ext2Inode, visit: (block: number, index: number) => void): Result<void, Ext2Error> {
    const fanOut = this.geometry.blockSize / 4;
    let visits = 0;
    const walk = (block: number, level: number, index: number): Result<void, Ext2Error> => {
      if (block === 0) return ok();
      if (++visits > this.geometry.blocks)
        return err({ kind: "damaged", text: `inode ${inode.number} names more blocks than there are` });
      visit(block, level === 0 ? index : -1);
      if (level === 0) return ok();
      const span = fanOut ** (level - 1);
      return this.block(block).andThen((bytes) => {
        const table = view(bytes);
        for (let i = 0; i < fanOut; i++) {
          const below = walk(table.getUint32(4 * i, true), level - 1, index + i * span);
          if (below.isErr()) return below;
        }
        return ok();
      });
    };
    let index = 0;
    for (const [i, pointer] of inode.pointers.entries()) {
      const level = Math.max(0, i - DIRECT_BLOCKS + 1);
      const below = walk(pointer, level, index);
      if (below.isErr()) return below;
      index += fanOut ** level;
    }
    return ok();
  }

  /** The bytes of a file or directory. */
  contents(inode: Ext2Inode): Result<Uint8Array, Ext2Error> {
    const { blockSize } = this.geometry;
    if (inode.size > LARGEST)
      return err({
        kind: "unsupported",
        text: `inode ${inode.number} has ${inode.size} bytes: at most ${LARGEST} are read`,
      });
    const bytes = new Uint8Array(inode.size);
    const places: [number, number][] = [];
    return this.blocksOf(inode, (block, index) => {
      if (index >= 0 && index * blockSize < inode.size) places.push([block, index]);
    }).andThen(() => {
      for (const [number, index] of places) {
        const block = this.block(number);
        if (block.isErr()) return err(block.error);
        bytes.set(block.value.subarray(0, inode.size - index * blockSize), index * blockSize);
      }
      return ok(bytes);
    });
  }

  /** A directory's records, "." and ".." included, in their order. */
  records(directory: Ext2Inode): Result<Ext2Record[], Ext2Error> {
    return this.contents(directory).andThen((bytes) => recordsOf(bytes, this.geometry, directory.number));
  }

  /** The inode that a path from the root leads to. */
  find(path: string): Result<Ext2Inode, Ext2Error> {
    return path
      .split("/")
      .filter((name) => name !== "")
      .reduce<Result<Ext2Inode, Ext2Error>>(
        (at, name) =>
          at.andThen((directory) => {
            if ((directory.mode & MODE_KIND) !== MODE_DIRECTORY) return missing(path);
            return this.records(directory).andThen((records) => {
              const record = records.find((one) => one.name === name);
              return record === undefined ? missing(path) : this.inode(record.inode);
            });
          }),
        this.inode(ROOT_INODE),
      );
  }

  /** The bytes of the file at `path`. */
  read(path: string): Result<Uint8Array, Ext2Error> {
    return this.find(path).andThen((inode) => {
      if ((inode.mode & MODE_KIND) === MODE_FILE) return this.contents(inode);
      return err({ kind: "missing" as const, text: `${path} is no file` });
    });
  }

  /** The records of the directory at `path` but "." and "..". */
  list(path: string): Result<Ext2Record[], Ext2Error> {
    return this.find(path)
      .andThen((inode) => {
        if ((inode.mode & MODE_KIND) === MODE_DIRECTORY) return this.records(inode);
        return err({ kind: "missing" as const, text: `${path} is no directory` });
      })
      .map((records) => records.filter(({ name }) => name !== "." && name !== ".."));
  }

  /** All files and folders below `path`, with their bytes; other kinds of inode are left out. */
  tree(path: string = ""): Result<Ext2Tree, Ext2Error> {
    if (path.split("/").length > DEEPEST) return err({ kind: "damaged", text: `${path}: folders without end` });
    return safeTry(
      function* (this: Ext2Reader) {
        const found: Record<string, Uint8Array | Ext2Tree> = {};
        for (const { name, inode } of yield* this.list(path)) {
          const { mode } = yield* this.inode(inode);
          const below = `${path}/${name}`;
          if ((mode & MODE_KIND) === MODE_DIRECTORY) found[name] = yield* this.tree(below);
          if ((mode & MODE_KIND) === MODE_FILE) found[name] = yield* this.read(below);
        }
        return ok(found);
      }.bind(this),
    );
  }
}

const missing = (path: string) => err({ kind: "missing" as const, text: `there is no ${path}` });

/** Records in a directory's bytes. */
export function recordsOf(
  bytes: Uint8Array,
  { blockSize, incompatible }: Ext2Geometry,
  directory: number,
): Result<Ext2Record[], Ext2Error> {
  const found: Ext2Record[] = [];
  const table = view(bytes);
  for (let at = 0; at < bytes.length; ) {
    const left = blockSize - (at % blockSize);
    const bad = (what: string) =>
      err({ kind: "damaged" as const, text: `directory ${directory}, byte ${at}: ${what}` });
    if (at + RECORD_HEADER > bytes.length) return bad("the directory ends within a record");
    const recordLength = table.getUint16(at + 4, true);
    // Without the feature FILETYPE the length of the name has 16 bits.
    const kind = incompatible === 0 ? 0 : table.getUint8(at + 7);
    const length = incompatible === 0 ? table.getUint16(at + 6, true) : table.getUint8(at + 6);
    if (recordLength % 4 !== 0 || recordLength < RECORD_HEADER || recordLength > left)
      return bad(`a record of ${recordLength} bytes`);
    const inode = table.getUint32(at, true);
    if (inode !== 0 && (length === 0 || RECORD_HEADER + length > recordLength)) return bad(`a name of ${length} bytes`);
    if (inode !== 0) {
      const name = new TextDecoder().decode(bytes.subarray(at + RECORD_HEADER, at + RECORD_HEADER + length));
      found.push({ name, inode, kind, recordLength });
    }
    at += recordLength;
  }
  return ok(found);
}
