/**
 * The log-structured file system: what reaches the disk by what was asked for, and CPU time by copying the same bytes.
 *
 * Counts depend on the seed alone. The peers' figures are from other runs, under the same calls (NetBSD's kernel, and Linux in
 * a virtual machine, their requests traced). Here: the section. Not here: the workloads (packages/lfs/bench).
 */
import { measureGeneration, measureThroughput } from "../packages/lfs/bench/throughput.ts";
import { type Counted, overwrites, steady } from "../packages/lfs/bench/workloads.ts";

const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [line(head), line(head.map((_, n) => (n === 0 ? "---" : "--:"))), ...rows.map(line)].join("\n");

/** The section of bench/RESULTS.md. */
export function lfsSection(): string {
  const counted = (what: string, { amplification, seeks }: Counted, most: string, peer: string): string[] => [
    what,
    amplification.toFixed(3),
    String(seeks),
    most,
    peer,
  ];
  const rows = [
    counted("64 MB of random 4 KB, fsync every 256, fragments of 4096", overwrites(4096), "1.08, 30", "1.080, 22"),
    counted("the same, fragments of 512", overwrites(512), "", "1.067, 88"),
    ...(
      [
        [50, "1.8", "1.80"],
        [62, "3.0", "3.00"],
        [70, "4.5", "4.56"],
      ] as const
    ).map(([live, most, peer]) => counted(`${live} % live, overwritten at random`, steady(live, 0, false), most, peer)),
    counted("75 % live, 90 % of the writes to 10 % of it", steady(75, 0, true), "2.0", ""),
  ];
  const { ratio, reads } = measureGeneration();
  const timed = measureThroughput().map(({ what, megabytes, milliseconds, copying }) => [
    what,
    String(megabytes),
    milliseconds.toFixed(0),
    ((milliseconds * 50) / megabytes).toFixed(0),
    (milliseconds / copying).toFixed(1),
  ]);
  return [
    "## Log-structured file system",
    "Bytes written to the disk by bytes that the user wrote, and writes that do not follow the one before. NILFS2 needs 1.864 for the " +
      "first row, btrfs 5.337 with 8,991 runs, ext4 1.004 with 16,076.",
    table(["workload", "amplification", "runs", "at most", "NetBSD LFS"], rows),
    `A generation of an image of 64 MB with 1 % of its pages dirty writes ${ratio.toFixed(3)} times those pages (at most 1.1); a page of ` +
      `it is read with ${reads} requests.`,
    "CPU time on a disk in memory, by that of copying the same bytes:",
    table(["what", "MB", "ms", "ms per 50 MB", "÷ copying"], timed),
  ].join("\n\n");
}
