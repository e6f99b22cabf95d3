/**
 * The commands of a disk that move sectors, and what is under way.
 *
 * Here: one row per command. Not here: what a disk does with them (`hard-disk.ts`).
 * ATA/ATAPI-6 (T13 1410D), section 8.
 * @module
 */
import * as R from "./registers.ts";

/** The command under way. */
export interface DiskJob {
  readonly kind: "read" | "write" | "read-dma" | "write-dma" | "verify" | "identify" | "nothing" | "flush";
  readonly lba: number;
  readonly left: number;
  /** Sectors between interrupts. */
  readonly block: number;
  /** The data must be on the medium before the command ends. */
  readonly forced: boolean;
}

/** What a command does, how wide its addresses are, how many sectors go with one interrupt. */
export type Transfer = readonly [DiskJob["kind"], 28 | 48, "one" | "multiple" | "dma"];

/** By command; a command that is not here moves no sectors. */
export const TRANSFERS: Readonly<Record<number, Transfer>> = {
  [R.ATA_READ_SECTORS]: ["read", 28, "one"],
  [R.ATA_READ_SECTORS + 1]: ["read", 28, "one"],
  [R.ATA_READ_SECTORS_EXT]: ["read", 48, "one"],
  [R.ATA_READ_MULTIPLE]: ["read", 28, "multiple"],
  [R.ATA_READ_MULTIPLE_EXT]: ["read", 48, "multiple"],
  [R.ATA_READ_DMA]: ["read-dma", 28, "dma"],
  [R.ATA_READ_DMA + 1]: ["read-dma", 28, "dma"],
  [R.ATA_READ_DMA_EXT]: ["read-dma", 48, "dma"],
  [R.ATA_WRITE_SECTORS]: ["write", 28, "one"],
  [R.ATA_WRITE_SECTORS + 1]: ["write", 28, "one"],
  [R.ATA_WRITE_SECTORS_EXT]: ["write", 48, "one"],
  [R.ATA_WRITE_MULTIPLE]: ["write", 28, "multiple"],
  [R.ATA_WRITE_MULTIPLE_EXT]: ["write", 48, "multiple"],
  [R.ATA_WRITE_MULTIPLE_FUA_EXT]: ["write", 48, "multiple"],
  [R.ATA_WRITE_DMA]: ["write-dma", 28, "dma"],
  [R.ATA_WRITE_DMA + 1]: ["write-dma", 28, "dma"],
  [R.ATA_WRITE_DMA_EXT]: ["write-dma", 48, "dma"],
  [R.ATA_WRITE_DMA_FUA_EXT]: ["write-dma", 48, "dma"],
  [R.ATA_READ_VERIFY]: ["verify", 28, "one"],
  [R.ATA_READ_VERIFY + 1]: ["verify", 28, "one"],
  [R.ATA_READ_VERIFY_EXT]: ["verify", 48, "one"],
};
