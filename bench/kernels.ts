/**
 * The harness table: every kernel of the bench guest natively, in QEMU, in v86 and in ours, in one run.
 *
 * CPU time of the emulating thread from the end of the guest's first marker to the begin of its second, because ours sends bytes at the speed
 * of the line; medians of all repetitions but the first. The engines take
 * turns, a few kernels at a time, so that a busy machine hits all of them. Lists scattered over megabytes take one to four times as long in one
 * process as in the next, by what the host leaves them of pages and cache: these run in several, and the best counts, for every engine.
 * Here: measuring and judging. Not here: printing (run.ts).
 */
import { classOf, KERNELS, type KernelClass } from "../apps/machine/src/bench/kernels.ts";
import { type Absent, findPeers, type Peer } from "./peers.ts";
import { serialRun } from "./serial-run.ts";

/** One kernel: milliseconds by engine, those that could run it. */
export interface KernelRow {
  readonly kernel: string;
  readonly class: KernelClass;
  readonly milliseconds: Readonly<Record<string, number>>;
  /** All engines came to the same checksum in every repetition. */
  readonly agree: boolean;
}

export interface KernelTable {
  readonly engines: readonly string[];
  readonly absent: readonly Absent[];
  readonly rows: readonly KernelRow[];
}

/** Kernels that run one after the other before the next engine has its turn. */
const GROUP = 6;
const REPETITIONS = 4;
const SCATTERED: readonly string[] = ["chasebig", "pg_chasebig"];
/** Processes for each of these. */
const BOOTS = 9;
/** Its checksum tells how fast the guest is beside its serial port. */
const FREE: readonly string[] = ["pio"];
/** Only as a program: these need a machine. */
const NATIVE_CLASSES: readonly KernelClass[] = ["integer", "x87", "sse", "code"];

interface Sample {
  /** Of each process, all repetitions but the first. */
  readonly boots: number[][];
  readonly checksums: Set<string>;
}

async function measure(
  { name, guest }: Peer,
  kernels: readonly string[],
  scale: number,
  into: Map<string, Map<string, Sample>>,
) {
  const able = kernels.filter((kernel) => name !== "native" || NATIVE_CLASSES.includes(classOf(kernel) ?? "system"));
  if (guest === null || able.length === 0) return;
  const { marks } = await serialRun(
    guest(`bench=${able.join(",")}+${REPETITIONS}+${scale}`),
    (line) => line === "DONE",
  );
  for (const kernel of able) {
    const engines = into.get(kernel) ?? new Map<string, Sample>();
    into.set(kernel, engines);
    const sample = engines.get(name) ?? { boots: [], checksums: new Set() };
    engines.set(name, sample);
    sample.boots.push([]);
  }
  let start = 0;
  for (const { text, cpu, began } of marks) {
    const [word, kernel, repetition, checksum] = text.split(" ");
    if (word === "B") start = cpu;
    if (word !== "E") continue;
    const sample = into.get(kernel)?.get(name);
    sample?.checksums.add(checksum);
    if (Number(repetition) > 0) sample?.boots.at(-1)?.push(began - start);
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

/** Runs every kernel, or those of `list`, on everything that is here; `scale` divides their iterations. */
export async function measureKernels(
  list: readonly string[] | undefined,
  scale: number,
  said: (text: string) => void,
): Promise<KernelTable> {
  const { peers, absent } = findPeers();
  const samples = new Map<string, Map<string, Sample>>();
  for (const all of Object.values(KERNELS)) {
    const kernels = all.filter((kernel) => list === undefined || list.includes(kernel));
    const scattered = kernels.filter((kernel) => SCATTERED.includes(kernel));
    const others = kernels.filter((kernel) => !SCATTERED.includes(kernel));
    const groups = scattered.flatMap((kernel) => Array.from({ length: BOOTS }, () => [kernel]));
    for (let from = 0; from < others.length; from += GROUP) groups.push(others.slice(from, from + GROUP));
    for (const group of groups)
      for (const peer of peers) {
        said(`${peer.name}: ${group.join(" ")}`);
        await measure(peer, group, scale, samples);
      }
  }
  const rows = [...samples].map(
    ([kernel, engines]): KernelRow => ({
      kernel,
      class: classOf(kernel) ?? "system",
      milliseconds: Object.fromEntries(
        [...engines].map(([name, { boots }]) => [name, Math.min(...boots.map((repetitions) => median(repetitions)))]),
      ),
      agree: FREE.includes(kernel) || new Set([...engines.values()].flatMap((one) => [...one.checksums])).size === 1,
    }),
  );
  return { engines: peers.map(({ name }) => name), absent, rows };
}

/** Geometric mean over the rows that both engines have, of `engine`'s time by that of `base`; NaN without any. */
export function meanRatio(rows: readonly KernelRow[], engine: string, base: string): number {
  const ratios = rows.flatMap(({ milliseconds: { [engine]: time, [base]: unit } }) =>
    time === undefined || unit === undefined ? [] : [Math.log(time / unit)],
  );
  return Math.exp(ratios.reduce((sum, value) => sum + value, 0) / ratios.length);
}

/** A sentence that the figures must bear out. */
export interface Gate {
  readonly sentence: string;
  readonly holds: boolean;
  /** The figure, or who breaks it. */
  readonly figure: string;
}

/** What is asked of the compiler, as far as the peers are here. */
export function gates({ rows, engines }: KernelTable): Gate[] {
  const ours = "kintsugi";
  const list: Gate[] = [];
  const compared = rows.filter((row) => row.class !== "system");
  const slower = (among: readonly KernelRow[], base: string): string[] =>
    among
      .filter(({ milliseconds }) => milliseconds[ours] > milliseconds[base])
      .map(({ kernel, milliseconds }) => `${kernel} ${(milliseconds[ours] / milliseconds[base]).toFixed(2)}`);
  const none = (sentence: string, names: readonly string[]): void =>
    void list.push({ sentence, holds: names.length === 0, figure: names.length === 0 ? "none" : names.join(", ") });
  const most = (sentence: string, figure: number, limit: number): void => {
    if (!Number.isNaN(figure)) list.push({ sentence, holds: figure <= limit, figure: figure.toFixed(2) });
  };
  none(
    "kernels whose checksums differ",
    rows.filter(({ agree }) => !agree).map(({ kernel }) => kernel),
  );
  if (engines.includes("v86")) {
    none("kernels slower than in v86", slower(compared, "v86"));
    most("geometric mean at most half of v86's time", meanRatio(compared, ours, "v86"), 0.5);
    none(
      "system paths slower than in v86",
      slower(
        rows.filter((row) => row.class === "system"),
        "v86",
      ),
    );
  }
  if (engines.includes("QEMU")) most("geometric mean at most QEMU's time", meanRatio(compared, ours, "QEMU"), 1);
  if (engines.includes("native")) {
    const native = (name: KernelClass): number =>
      meanRatio(
        rows.filter((row) => row.class === name),
        ours,
        "native",
      );
    most("x87 at most 20 times native", native("x87"), 20);
    most("SSE at most 8 times native", native("sse"), 8);
    most("integer at most 4 times native (the next mark)", native("integer"), 4);
  }
  return list;
}
