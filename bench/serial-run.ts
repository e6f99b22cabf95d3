/**
 * A program whose standard output is a guest's serial port: its lines, each with the CPU time spent until then.
 *
 * Lines may end in ` @thread_cpu_us wall_us total_cpu_us began_us`, which is most exact; otherwise the threads' times are read from
 * /proc when a line arrives (Linux only). Here: running and reading. Not here: what the lines mean (kernels.ts, linux.ts).
 */
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** A line, and milliseconds since the start: CPU of the emulating thread, wall, CPU of all threads; CPU when its first byte came. */
export interface Mark {
  readonly text: string;
  readonly cpu: number;
  readonly wall: number;
  readonly total: number;
  readonly began: number;
}

/** What was said, and how much memory the process had at most. */
export interface SerialRun {
  readonly marks: readonly Mark[];
  readonly peakMebibytes: number;
  /** The end of what it wrote to stderr. */
  readonly complaint: string;
}

/** A process that says nothing for so long hangs. */
const SILENCE = 300_000;
/** Milliseconds that a program has to end by itself. */
const GRACE = 2000;
const STAMP = / @(\d+) (\d+)(?: (\d+)(?: (\d+))?)?$/;

/** CPU milliseconds of the emulating thread and of all; QEMU names its own, elsewhere all count. */
function threadTimes(pid: number): { cpu: number; total: number } {
  let emulating = 0;
  let total = 0;
  try {
    for (const task of readdirSync(`/proc/${pid}/task`)) {
      const path = `/proc/${pid}/task/${task}`;
      const nanoseconds = Number(readFileSync(`${path}/schedstat`, "latin1").split(" ")[0]);
      total += nanoseconds;
      if (/^CPU 0|ALL CPU/.test(readFileSync(`${path}/comm`, "latin1"))) emulating += nanoseconds;
    }
  } catch {
    // The process has just ended: what was read counts.
  }
  return { cpu: (emulating || total) / 1e6, total: total / 1e6 };
}

function peakMebibytes(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

/** Runs `command` until it ends or has said a line that `last` accepts. */
export function serialRun(command: readonly string[], last: (line: string) => boolean): Promise<SerialRun> {
  const [program, ...args] = command;
  const start = performance.now();
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  const pid = child.pid ?? 0;
  const marks: Mark[] = [];
  let complaint = "";
  let rest = "";
  let peak = 0;
  let over = false;
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    const alive = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        complaint = `${program} said nothing for ${SILENCE / 1000} s`;
        child.kill("SIGKILL");
      }, SILENCE);
    };
    alive();
    child.stderr.on("data", (chunk: Buffer) => {
      complaint = (complaint + chunk.toString("latin1")).slice(-20_000);
    });
    child.stdout.on("data", (chunk: Buffer) => {
      const times = threadTimes(pid);
      const wall = performance.now() - start;
      peak = Math.max(peak, peakMebibytes(pid));
      alive();
      rest += chunk.toString("latin1");
      for (let end = rest.indexOf("\n"); end >= 0; end = rest.indexOf("\n")) {
        const line = rest.slice(0, end).replaceAll("\r", "").trim();
        rest = rest.slice(end + 1);
        const stamp = STAMP.exec(line);
        const text = (stamp === null ? line : line.slice(0, stamp.index)).trim();
        const [cpu, stampWall, total, began] = (stamp?.slice(1) ?? []).map((digits) => Number(digits ?? 0) / 1000);
        marks.push(
          stamp === null
            ? { text, wall, ...times, began: times.cpu }
            : { text, cpu, wall: stampWall, total: total || cpu, began: began || cpu },
        );
        if (!last(text)) continue;
        over = true;
        setTimeout(() => child.kill("SIGKILL"), GRACE).unref();
      }
    });
    child.on("error", reject);
    child.on("close", (code) => {
      clearTimeout(timer);
      if (over || code === 0) resolve({ marks, peakMebibytes: peak, complaint });
      else reject(new Error(`${command.join(" ")}: exit code ${code}; ${complaint}`));
    });
  });
}
