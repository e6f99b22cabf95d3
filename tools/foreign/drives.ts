/**
 * A Linux that reads a disc and writes a disk through its ATA driver and bus-master DMA.
 *
 * Here: the script that it runs, and what must be on the disk and in its output afterwards.
 * @module
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { basename } from "node:path";

export const DRIVES_DONE = "DRIVES DONE";
/** Where on the disk busybox is written. */
const BLOCK = 65_536;
const DISK_BLOCKS = 64;

/** An empty disk. */
export const emptyDisk = (): Uint8Array => new Uint8Array(DISK_BLOCKS * BLOCK);

/** For the guest's shell; `modules` lie in /tmp. */
export function drivesScript(modules: readonly string[], busybox: Uint8Array): string {
  return `${modules.map((file) => `insmod /tmp/${basename(file)}`).join("\n")}
i=0; while [ ! -b /dev/sda -o ! -b /dev/sr0 ] && [ $i -lt 20 ]; do sleep 1; i=$((i+1)); done
cat /sys/class/ata_device/dev*/dma_mode
dd if=/bin/busybox of=/dev/sda bs=64k seek=1 2>/dev/null; sync; echo 3 > /proc/sys/vm/drop_caches
echo "E disk $(dd if=/dev/sda bs=64k skip=1 2>/dev/null | head -c ${busybox.length} | sha256sum)"
echo "E disc $(sha256sum < /dev/sr0)"
echo "${DRIVES_DONE}"
`;
}

/** What is wrong; empty when all is right. */
export function wrongDrives(output: string, disk: string, disc: Uint8Array, busybox: Uint8Array): string[] {
  const sum = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
  const written = readFileSync(disk).subarray(BLOCK, BLOCK + busybox.length);
  const checks: [is: boolean, what: string][] = [
    [output.includes(`E disk ${sum(busybox)}`), "the disk does not read back what was written"],
    [output.includes(`E disc ${sum(disc)}`), "the disc reads differently"],
    [sum(written) === sum(busybox), "what was written is not in the image"],
    [(output.match(/^XFER_(MW_|U)DMA/gm) ?? []).length === 2, "a drive is not used through DMA"],
  ];
  return checks.filter(([is]) => !is).map(([, what]) => what);
}
