/**
 * What `kintsugi lfs` may be told: sizes, serials, counts.
 *
 * Here: pure functions from words to values, and the words for sizes that newfs cannot use. Not here: commander's part
 * (→ command.ts).
 * @module
 */
import type { NewfsError } from "@kintsugi/lfs";
import { UsageError } from "../options.ts";

const UNITS: Readonly<Record<string, number>> = { "": 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

/** Bytes from "4096", "64K", "512M", "2G"; `option` is named in the refusal. */
export function parseSize(option: string): (text: string) => number {
  return (text) => {
    const [, digits, unit] = /^(\d{1,15})([KMGT]?)$/i.exec(text) ?? [];
    const bytes = Number(digits) * UNITS[(unit ?? "").toUpperCase()];
    if (Number.isSafeInteger(bytes) && bytes > 0) return bytes;
    throw new UsageError(`${option} wants bytes, or a number with K, M, G or T, such as 64M, not '${text}'`);
  };
}

/** A whole number from 1 on. */
export function parseCount(option: string, hint: string): (text: string) => number {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : 0;
    if (value > 0) return value;
    throw new UsageError(`${option} wants ${hint}, not '${text}'`);
  };
}

/** What newfs refuses, by its reason. */
export const NEWFS_REFUSALS: Readonly<Record<NewfsError, string>> = {
  "bad-block-size": "--bsize wants a power of two from 512 to 64K",
  "bad-fragment-size":
    "--fsize wants a power of two from 512 to a block and at most 8K, and at least an eighth of a block; 512 with --format v1-netbsd, a block with v1-44bsd",
  "bad-segment-size": "--ssize wants a power of two, at least 32K and at least four blocks",
  "too-small": "--size: the disk would have too few segments; give more bytes, or smaller segments with --ssize",
  "too-large": "--size: the disk would have more fragments than 32 bits count; give larger ones with --fsize",
};
