/**
 * What files and folders take in an Ext2 file system of 1-KiB blocks.
 *
 * Here: blocks, inodes, names that can be. Not here: placing them (→ make.ts).
 * @module
 */
import { err, ok, type Result } from "neverthrow";
import { DIRECT_BLOCKS, type Ext2Error, type Ext2Tree, recordSize } from "./format.ts";

/** Bytes of a block. */
export const BLOCK = 1024;
/** Pointers in a block. */
export const POINTERS: number = BLOCK / 4;
const LONGEST_NAME = 255;

/** Not a folder. */
export const isFile = (node: Uint8Array | Ext2Tree): node is Uint8Array => node instanceof Uint8Array;

/** Blocks that so many bytes take, with those of pointers. */
export function blocksFor(bytes: number): number {
  const data = Math.ceil(bytes / BLOCK);
  const beyond = Math.max(0, data - DIRECT_BLOCKS);
  const double = Math.max(0, beyond - POINTERS);
  return data + (beyond > 0 ? 1 : 0) + (double > 0 ? 1 + Math.ceil(double / POINTERS) : 0);
}

/** Bytes of a directory with these names: no record crosses a block. */
export function directoryBytes(names: readonly Uint8Array[]): number {
  let [blocks, used] = [1, recordSize(1) + recordSize(2)];
  for (const name of names) {
    if (used + recordSize(name.length) > BLOCK) [blocks, used] = [blocks + 1, 0];
    used += recordSize(name.length);
  }
  return blocks * BLOCK;
}

/** A name as bytes. */
export const encode = (name: string): Uint8Array => new TextEncoder().encode(name);

/** What a tree needs: inodes, blocks; or what cannot be in a file system. */
export function measure(tree: Ext2Tree, path: string): Result<{ inodes: number; blocks: number }, Ext2Error> {
  const names = Object.keys(tree).map(encode);
  const total = { inodes: 1, blocks: blocksFor(directoryBytes(names)) };
  for (const [name, node] of Object.entries(tree)) {
    const where = `${path}/${name}`;
    const { length } = encode(name);
    if (length === 0 || length > LONGEST_NAME || /[/\0]/.test(name) || name === "." || name === "..")
      return err({
        kind: "unsupported",
        text: `${where}: a name has 1 to ${LONGEST_NAME} bytes, none of them / or NUL`,
      });
    const below = isFile(node) ? ok({ inodes: 1, blocks: blocksFor(node.length) }) : measure(node, where);
    if (below.isErr()) return below;
    total.inodes += below.value.inodes;
    total.blocks += below.value.blocks;
  }
  return ok(total);
}
