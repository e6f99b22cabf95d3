/**
 * A machine on a test's bench, with everything that leaves it caught.
 *
 * Here: power-on, typing lines, running until idle, copying the whole machine and rebuilding it from bytes and states.
 */

import type { CutProbe, RecoveryPolicy, Switch } from "@kintsugi/arc-framework";
import { allocateMemory, CONTROL_AREA_SIZE } from "@kintsugi/ia32";
import type { KernelObserver, SliceProbe } from "@kintsugi/microkernel";
import type { Disk, SoundBlock } from "@kintsugi/pc";
import type { BootModule } from "../src/boot.ts";
import type { ConsoleKind } from "../src/chips.ts";
import type { MachineEvent } from "../src/events.ts";
import { machineHash } from "../src/hash.ts";
import { sha256 } from "../src/host/digest.ts";
import { Machine, type MachineExit, type MachineOptions, type MachineState } from "../src/machine.ts";
import type { Watch } from "../src/residents.ts";

/** RAM of test machines: small, so that copying and hashing it is quick. */
export const TEST_RAM: number = 24 << 20;
/** The least that a display has. */
const TEST_VIDEO = 256 << 10;
const CYCLES_PER_SECOND = 100_000_000;
const PROMPT = "msh% ";

/** The memories' bytes and states: a whole machine as data. */
export interface SavedMachine {
  readonly ram: Uint8Array;
  readonly video: Uint8Array;
  readonly state: MachineState;
}

export interface RigOptions {
  readonly modules: readonly BootModule[];
  readonly seed?: number;
  readonly observer?: KernelObserver;
  readonly probe?: SliceProbe;
  readonly cutProbe?: CutProbe;
  readonly hostClock?: () => number;
  readonly policy?: RecoveryPolicy;
  readonly without?: readonly Switch[];
  readonly watch?: Watch;
  readonly video?: Uint8Array;
  readonly disk?: Disk;
  readonly console?: ConsoleKind;
  /** Memory to use again, of a rig that is done with; cleared before a power-on. */
  readonly memory?: WebAssembly.Memory;
}

export class Rig {
  readonly memory: WebAssembly.Memory;
  /** The display's memory, which outlives any machine as RAM does. */
  readonly video: Uint8Array;
  readonly events: MachineEvent[] = [];
  readonly paper: number[] = [];
  readonly sound: SoundBlock[] = [];
  readonly #options: RigOptions;
  #serial: number[] = [];
  #machine!: Machine;

  constructor(options: RigOptions, saved?: SavedMachine) {
    this.#options = options;
    this.video = options.video ?? new Uint8Array(TEST_VIDEO);
    this.memory = options.memory ?? allocateMemory(TEST_RAM);
    if (options.memory && !saved) new Uint8Array(this.memory.buffer).fill(0);
    if (saved === undefined) this.#machine = Machine.powerOn(this.#machineOptions())._unsafeUnwrap();
    else {
      new Uint8Array(this.memory.buffer, CONTROL_AREA_SIZE).set(saved.ram);
      this.video.set(saved.video);
      this.rebuild(saved.state);
    }
  }

  get machine(): Machine {
    return this.#machine;
  }

  /** Everything on the serial line since the last `clear`. */
  get output(): string {
    return String.fromCharCode(...this.#serial.slice(0, 100_000));
  }

  get hash(): string {
    return machineHash([this.video, this.machine.ram], this.machine.snapshot(), sha256());
  }

  clear(): void {
    this.#serial = [];
    this.paper.length = 0;
    this.sound.length = 0;
    this.events.length = 0;
  }

  type(text: string): void {
    this.machine.type(new TextEncoder().encode(text));
  }

  /** Runs until nothing is left to do, or at most so many virtual seconds. */
  settle(seconds: number = 10_000): MachineExit {
    const stop = this.machine.cycles + seconds * CYCLES_PER_SECOND;
    let exit: MachineExit = { kind: "limit" };
    while (this.machine.cycles < stop) {
      exit = this.machine.run(stop);
      if (exit.kind !== "limit" && exit.kind !== "reset") break;
    }
    return exit;
  }

  /** Types a command at the prompt and gives what it printed, without its echo and the next prompt. */
  command(line: string): string {
    this.#serial = [];
    this.type(`${line}\r`);
    const exit = this.settle();
    const text = this.output.replaceAll("\r", "");
    if (exit.kind !== "idle" || !text.endsWith(PROMPT)) throw new Error(`'${line}' ended with ${exit.kind}: ${text}`);
    return text.slice(text.indexOf("\n") + 1, -PROMPT.length);
  }

  save(): SavedMachine {
    const state = structuredClone(this.machine.snapshot());
    return { ram: this.machine.ram.slice(), video: this.video.slice(), state };
  }

  /** Forgets every host object and goes on from the RAM where it is and `state`; the control area is poisoned. */
  rebuild(state: MachineState = structuredClone(this.machine.snapshot())): void {
    new Uint8Array(this.memory.buffer, 0, CONTROL_AREA_SIZE).fill(0xa5);
    this.#machine = Machine.restore(this.#machineOptions(), state)._unsafeUnwrap();
  }

  #machineOptions(): MachineOptions {
    const {
      modules,
      seed = 1,
      observer,
      probe,
      cutProbe,
      hostClock,
      policy,
      without,
      watch,
      disk,
      console,
    } = this.#options;
    return {
      memory: this.memory,
      ramSize: TEST_RAM,
      modules,
      seed,
      video: this.video,
      outside: {
        serial: (byte) => this.#serial.push(byte),
        paper: (byte) => this.paper.push(byte),
        sound: (block) => this.sound.push(block),
        event: (event) => this.events.push(event),
      },
      ...(observer ? { observer } : {}),
      ...(probe ? { probe } : {}),
      ...(cutProbe ? { cutProbe } : {}),
      ...(hostClock ? { hostClock } : {}),
      ...(policy ? { policy } : {}),
      ...(without ? { without } : {}),
      ...(watch ? { watch } : {}),
      ...(disk ? { disk } : {}),
      ...(console ? { console } : {}),
    };
  }
}
