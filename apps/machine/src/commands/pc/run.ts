/**
 * One run of `kintsugi pc`, from power-on or a snapshot to its end.
 *
 * Here: the loop over ticks of the virtual clock, what is done at which time, resets, what ends it. Not here: the machine
 * (→ ../../pc/), the streams (→ serial-end.ts, output.ts), files that are read (→ configuration.ts).
 * Longer than other files: one loop, whose parts share what it has of the run.
 * @module
 */
import { closeSync, openSync, writeFileSync, writeSync } from "node:fs";
import { setImmediate, setTimeout } from "node:timers/promises";
import { PcTarget } from "../../gdb/pc-target.ts";
import { GdbServer } from "../../gdb/server.ts";
import { machineHash } from "../../hash.ts";
import { sha256 } from "../../host/digest.ts";
import { loadBootImage } from "../../pc/boot-image.ts";
import { type PcExit, PcMachine } from "../../pc/pc-machine.ts";
import { protectedStart } from "../../pc/protected-start.ts";
import { Script } from "../../pc/script.ts";
import { encodeSnapshot } from "../../pc/snapshot-file.ts";
import { TextWatch } from "../../pc/text-watch.ts";
import { EXIT_FAILED, EXIT_LIMIT, EXIT_RESETS } from "../exit-codes.ts";
import { UsageError } from "../options.ts";
import { onInterrupt, writeOut } from "../streams.ts";
import { CYCLES_PER_SECOND, virtualTime } from "../virtual-time.ts";
import type { AtTime } from "./at-time.ts";
import type { PcFlags } from "./command.ts";
import { type Prepared, preparePc } from "./configuration.ts";
import { takeScreenshot } from "./screenshot.ts";
import { openSerialEnd, type SerialEnd } from "./serial-end.ts";

/** Cycles between two looks at what comes from outside. */
const TICK = CYCLES_PER_SECOND / 100;
const LINE_FEED = 10;
/** So many resets in so much time are a machine that resets again and again. */
const MOST_RESETS = 10;
const RESETS_WITHIN = 10 * CYCLES_PER_SECOND;

/** Why the run is over, and with which exit code. */
interface Ending {
  readonly reason: string;
  readonly code: number;
  /** Empty when there is nothing to say. */
  readonly message: string;
}

/** The result is the exit code. @throws UsageError */
export async function runPc(flags: PcFlags): Promise<number> {
  const prepared = preparePc(flags);
  const paper = flags.printer === undefined ? undefined : openForWriting("--printer", flags.printer);
  let wake = (): void => undefined;
  const serial = await openSerialEnd(flags.serial, () => wake());
  const run = new PcRun(flags, prepared, serial, paper);
  wake = () => run.wake();
  const interrupted = onInterrupt(() => run.leave());
  try {
    const code = await run.go();
    return interrupted.code ?? code;
  } finally {
    serial.close();
    if (paper !== undefined) closeSync(paper);
  }
}

class PcRun {
  readonly #flags: PcFlags;
  readonly #prepared: Prepared;
  readonly #machine: PcMachine;
  readonly #serial: SerialEnd;
  readonly #script: Script;
  readonly #watch: TextWatch | undefined;
  readonly #limit: number;
  readonly #shots: AtTime[];
  readonly #saves: AtTime[];
  readonly #resets: number[] = [];
  #target: PcTarget | undefined;
  #server: GdbServer | undefined;
  #output: number[] = [];
  /** Cycles that had been waited through. */
  #idle = 0;
  #seen = false;
  #leaving = false;
  #failure: Error | undefined;
  #woken = false;
  #wake: () => void = () => undefined;

  constructor(flags: PcFlags, prepared: Prepared, serial: SerialEnd, paper: number | undefined) {
    this.#flags = flags;
    this.#prepared = prepared;
    this.#serial = serial;
    this.#script = new Script(flags.script, flags.typeOn, prepared.snapshot !== undefined);
    this.#watch = flags.until === undefined ? undefined : new TextWatch(flags.until);
    this.#limit = flags.limit === undefined ? Number.POSITIVE_INFINITY : Math.ceil(flags.limit * CYCLES_PER_SECOND);
    this.#machine = new PcMachine(
      prepared.configuration,
      {
        serial: (byte) => this.#sent(byte),
        console: (byte) => void writeSync(2, Uint8Array.of(byte)),
        paper: (byte) => {
          if (paper !== undefined) writeSync(paper, Uint8Array.of(byte));
        },
      },
      prepared.snapshot,
    );
    const from = this.#machine.cycles;
    const past = (at: AtTime): boolean => at.at >= from;
    this.#shots = flags.screenshot.filter(past);
    this.#saves = flags.save.filter(past);
    if (prepared.snapshot === undefined) this.#boot();
    if (flags.gdb !== undefined) this.#debug(flags.gdb);
  }

  /** Something has come from outside. */
  wake(): void {
    this.#woken = true;
    this.#wake();
  }

  leave(): void {
    this.#leaving = true;
    this.wake();
  }

  /** Runs to the end. */
  async go(): Promise<number> {
    let ending: Ending | undefined;
    while (ending === undefined) {
      this.#woken = false;
      const exit: PcExit = this.#target?.stop === undefined ? this.#slice() : { kind: "limit" };
      this.#files();
      await this.#flush();
      await this.#breathe();
      this.#server?.tell();
      ending = await this.#next(exit);
    }
    if (this.#flags.statistics) process.stderr.write(`${this.#statistics()}\n`);
    this.#target?.ended(ending.code);
    this.#server?.tell();
    this.#server?.close();
    const hash = this.#flags.json ? await this.#end(ending) : undefined;
    if (ending.message !== "" && hash === undefined) process.stderr.write(`kintsugi: ${ending.message}\n`);
    return ending.code;
  }

  /** To the next tick, or to what is due before it. */
  #slice(): PcExit {
    const machine = this.#machine;
    const tick = (Math.floor(machine.cycles / TICK) + 1) * TICK;
    const until = Math.min(this.#limit, tick, this.#shots[0]?.at ?? tick, this.#saves[0]?.at ?? tick);
    if (until <= machine.cycles) return { kind: "limit" };
    return this.#target?.run(until) ?? machine.run(until);
  }

  /** Lets the host's events in. For a person, time in which the guest waits passes as slowly as it says. */
  async #breathe(): Promise<void> {
    const { cycles, processor } = this.#machine;
    const idle = cycles - processor.retired;
    const waited = (idle - this.#idle) / (CYCLES_PER_SECOND / 1000);
    this.#idle = idle;
    await (this.#serial.person && waited > 1 ? setTimeout(Math.min(waited, 1000)) : setImmediate());
  }

  /** Undefined when the run goes on. */
  async #next(exit: PcExit): Promise<Ending | undefined> {
    const machine = this.#machine;
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#leaving || this.#serial.left) return ending("left", 0, `left the machine ${this.#when()}`);
    if (this.#seen) return ending("until", 0);
    if (exit.kind === "exit") return this.#missing(ending("exit", exit.code));
    if (exit.kind === "reset") return this.#reset(exit.by);
    if (machine.cycles >= this.#limit) return this.#missing(ending("limit", EXIT_LIMIT, `the limit was reached`));
    if (this.#target?.stop !== undefined) {
      await this.#wait();
      return undefined;
    }
    if (machine.cycles % TICK === 0 || exit.kind === "halted") {
      this.#script.tick(this.#typist());
      if (this.#screenShows()) return ending("until", 0);
    }
    const taken = this.#serial.take();
    if (taken.length > 0) machine.type(taken);
    if (exit.kind === "halted") return this.#halted(exit.interruptible);
    return undefined;
  }

  /** A halted guest waits for what the host may still bring; the clock moves on only for what has a time. */
  async #halted(interruptible: boolean): Promise<Ending | undefined> {
    const machine = this.#machine;
    if (interruptible && !machine.chips.serialLine.empty) return undefined;
    const due = Math.min(this.#shots[0]?.at ?? this.#limit, this.#saves[0]?.at ?? this.#limit);
    const scripted = interruptible && this.#script.goesOnWithout(this.#typist());
    if (scripted || (due < Number.POSITIVE_INFINITY && due < this.#limit)) {
      const tick = (Math.floor(machine.cycles / TICK) + 1) * TICK;
      machine.idle(scripted ? Math.min(tick, due) : due);
      return undefined;
    }
    if (interruptible && (this.#serial.open || this.#target !== undefined)) {
      await this.#wait();
      return undefined;
    }
    const { post } = machine.chips.debug.state;
    const code = post === 0 ? "" : ` with POST code ${post.toString(16).padStart(2, "0").toUpperCase()}`;
    return this.#missing(ending("halted", 0, `the guest halted for good${code}`));
  }

  #reset(by: string): Ending | undefined {
    const machine = this.#machine;
    const now = machine.cycles;
    this.#resets.push(now);
    if (this.#resets.length > MOST_RESETS) this.#resets.shift();
    if (!this.#flags.reboot) {
      const fault = by.includes("fault") ? EXIT_FAILED : 0;
      return this.#missing(ending("reset", fault, `the guest reset the machine by ${by}`));
    }
    if (this.#resets.length === MOST_RESETS && now - this.#resets[0] < RESETS_WITHIN)
      return ending("resets", EXIT_RESETS, `the guest resets the machine again and again, by ${by}, ${this.#when()}`);
    process.stderr.write(`kintsugi: the guest reset the machine by ${by} ${this.#when()}; it boots again\n`);
    machine.reset();
    this.#boot();
    return undefined;
  }

  #boot(): void {
    const { boot } = this.#prepared;
    if (boot === null) return;
    const loaded = loadBootImage(this.#machine.memory, boot);
    if (loaded.isErr()) {
      const { code, message } = loaded.error;
      throw new UsageError(`${boot.name}: ${message}${code === "too-large" ? "; give more --memory" : ""}`);
    }
    this.#machine.start((state) => protectedStart(state, loaded.value));
  }

  #debug(port: number): void {
    const target = new PcTarget(this.#machine, () => this.leave());
    this.#target = target;
    this.#server = new GdbServer(target, port, {
      changed: () => this.wake(),
      failed: (error) => {
        this.#failure = new UsageError(`--gdb ${port}: ${error.message}; choose another port`);
        this.wake();
      },
    });
    this.#server.listen();
  }

  /** Waits until something has changed. */
  async #wait(): Promise<void> {
    if (this.#woken) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    this.#wake = () => undefined;
  }

  /** What the compiler did, and MiB of the process at most, as one line of JSON. */
  #statistics(): string {
    const { jitStatistics, retired } = this.#machine.processor;
    const peakMebibytes = Math.round(process.resourceUsage().maxRSS / 1024);
    return JSON.stringify({ instructions: retired, peakMebibytes, compiler: jitStatistics });
  }

  /** CPU time at the first byte of the line from COM1 that is not through. */
  #lineBegan: number | null = null;

  #sent(byte: number): void {
    if (this.#flags.stamp) {
      this.#lineBegan ??= threadTime();
      if (byte === LINE_FEED) {
        this.#output.push(...Buffer.from(stamp(this.#lineBegan)));
        this.#lineBegan = null;
      }
    }
    this.#output.push(byte);
    this.#script.sent(byte);
    if (!this.#watch?.found(byte)) return;
    this.#seen = true;
    this.#machine.stop();
  }

  #typist() {
    const machine = this.#machine;
    const { keyboard, display } = machine.chips;
    return {
      cycles: machine.cycles,
      busy: machine.processor.retired,
      shown: machine.shown,
      serialUsed: machine.sent > 0,
      screen: () => display.text(),
      serial: (bytes: readonly number[]) => machine.type(bytes),
      keyboardIdle: keyboard.keyboardIdle,
      press: keyboard.press.bind(keyboard),
      release: keyboard.release.bind(keyboard),
    };
  }

  #screenShows(): boolean {
    const { untilScreen } = this.#flags;
    return untilScreen !== undefined && this.#machine.chips.display.text().some((row) => row.includes(untilScreen));
  }

  /** Writes the files that are due. */
  #files(): void {
    const machine = this.#machine;
    for (; this.#shots.length > 0 && this.#shots[0].at <= machine.cycles; this.#shots.shift())
      takeScreenshot(this.#shots[0].path, machine.chips.display.render());
    for (; this.#saves.length > 0 && this.#saves[0].at <= machine.cycles; this.#saves.shift())
      this.#save(this.#saves[0]);
  }

  #save({ path }: AtTime): void {
    const { configuration, boot } = this.#prepared;
    const { disk, disc, ...rest } = configuration;
    const { state, memory, video } = this.#machine;
    const file = encodeSnapshot({
      configuration: rest,
      disks: { hda: disk?.sectors ?? null, cdrom: disc?.blocks ?? null },
      boot,
      snapshot: { state, ram: memory.ram, video },
    });
    try {
      writeFileSync(path, file);
    } catch (error) {
      throw new UsageError(`--save ${path}: ${(error as Error).message}; give a file that can be written`);
    }
  }

  async #flush(): Promise<void> {
    const bytes = Uint8Array.from(this.#output);
    this.#output = [];
    if (bytes.length === 0) return;
    if (!this.#flags.json || this.#flags.serial !== "stdio") await this.#serial.write(bytes);
    else {
      const text = Buffer.from(bytes).toString("latin1");
      await writeOut(`${JSON.stringify({ event: "output", at: this.#machine.cycles, text })}\n`);
    }
  }

  async #end({ reason, code }: Ending): Promise<string> {
    const { cycles, processor, memory, video, state } = this.#machine;
    const hash = machineHash([video, memory.ram], state, sha256());
    const { post } = state.chips.debug;
    await writeOut(
      `${JSON.stringify({ event: "end", reason, code, cycles, instructions: processor.retired, post, hash })}\n`,
    );
    return hash;
  }

  /** An end that is not the one that --until or --await waits for. */
  #missing({ reason, code, message }: Ending): Ending {
    const { until, untilScreen } = this.#flags;
    const awaited = until ?? untilScreen;
    const texts = awaited === undefined ? [] : [`'${awaited}' never came`];
    if (!this.#script.done) texts.push(this.#script.waiting);
    const failed = texts.length > 0 && reason !== "limit";
    if (message === "" && !failed) return { reason, code, message };
    const what = message === "" ? "the guest ended the run" : message;
    return { reason, code: failed ? EXIT_FAILED : code, message: [`${what} ${this.#when()}`, ...texts].join("; ") };
  }

  #when(): string {
    return `after ${virtualTime(this.#machine.cycles)}`;
  }
}

const ending = (reason: string, code: number, message = ""): Ending => ({ reason, code, message });

/** Microseconds of this thread's CPU. */
function threadTime(): number {
  const { user, system } = process.threadCpuUsage();
  return user + system;
}

/** Microseconds of this thread's CPU, of the wall, of the process's CPU; and the first of them when the line began. */
function stamp(began: number): string {
  const all = process.cpuUsage();
  const wall = Math.round(performance.now() * 1000);
  return ` @${threadTime()} ${wall} ${all.user + all.system} ${began}`;
}

function openForWriting(option: string, path: string): number {
  try {
    return openSync(path, "w");
  } catch (error) {
    throw new UsageError(`${option} ${path}: ${(error as Error).message}; give a file that can be written`);
  }
}
