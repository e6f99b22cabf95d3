/**
 * Where the built drivers lie: ELF files to hand to a machine as boot modules.
 *
 * Here: places of files. Not here: the drivers (→ ../guest), how they are built (→ tools/guest in the repository).
 * @module
 */

const prebuilt = (name: string): URL => new URL(`../prebuilt/${name}.elf`, import.meta.url);

/** Driver → its ELF file, with symbols. */
export const guests: Readonly<Record<string, URL>> = {
  /** COM1: an interrupt-driven 16550. */
  serial: prebuilt("serial"),
  /** A keyboard behind an 8042, and text on a VGA: together a terminal. */
  keyboard: prebuilt("keyboard"),
  text: prebuilt("text"),
  /** LPT1, three times: as a replayed request repeats bytes, as the thesis has it, and exact. */
  "parallel-naive": prebuilt("parallel-naive"),
  "parallel-thesis": prebuilt("parallel-thesis"),
  "parallel-exact": prebuilt("parallel-exact"),
  /** A Sound Blaster 16, its client in the DMA buffer or before it; and both as they are without recovery. */
  "sound-direct": prebuilt("sound-direct"),
  "sound-buffered": prebuilt("sound-buffered"),
  "sound-direct-naive": prebuilt("sound-direct-naive"),
  "sound-buffered-naive": prebuilt("sound-buffered-naive"),
  /** A VBE display, and the same without recovery. */
  video: prebuilt("video"),
  "video-naive": prebuilt("video-naive"),
  /** A PATA disk, the same without recovery, and a disk of memory; all three speak sessions. */
  pata: prebuilt("pata"),
  "pata-naive": prebuilt("pata-naive"),
  ramdisk: prebuilt("ramdisk"),
  /** The Ext2 file system on such a disk, and the same without recovery. */
  ext2: prebuilt("ext2"),
  "ext2-naive": prebuilt("ext2-naive"),
};
