/**
 * What the parent and the machine's worker say to each other.
 *
 * Here: the messages. The parent owns everything outside the machine – terminal, paper, files, the input log – and the
 * memory; the worker runs slices and posts what leaves the machine, in order, in batches.
 * @module
 */

import type { Switch } from "@kintsugi/arc-framework";
import type { SoundBlock } from "@kintsugi/pc";
import type { BootModule } from "../boot.ts";
import type { ConsoleKind, TextScreen } from "../chips.ts";
import type { MachineEvent } from "../events.ts";
import type { MachineError, MachineState } from "../machine.ts";
import type { InputEntry } from "../run/input-log.ts";
import type { RunEnd } from "../run/run.ts";

/** Something that leaves the machine. */
export type Effect =
  | { readonly kind: "serial"; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: "paper"; readonly bytes: Uint8Array }
  | { readonly kind: "sound"; readonly block: SoundBlock }
  | { readonly kind: "event"; readonly event: MachineEvent }
  /** Sectors that have reached the disk's medium. */
  | { readonly kind: "disk"; readonly lba: number; readonly bytes: Uint8Array }
  /** What a screen shows now; only from a machine whose console it is. */
  | { readonly kind: "screen"; readonly screen: TextScreen }
  /** Something from outside was taken: a line for the input log. */
  | { readonly kind: "taken"; readonly entry: InputEntry };

/** Who is at the terminal, as plain data. */
export type OperatorChoice =
  | { readonly kind: "person" }
  | {
      readonly kind: "script";
      readonly lines: readonly string[];
      readonly ended: boolean;
      readonly after: "deadlock" | "left";
    }
  | { readonly kind: "replay"; readonly entries: readonly InputEntry[] };

/** Given to the worker when it is created. */
export interface WorkerStart {
  /** Control area and guest RAM, shared; the worker never replaces it. */
  readonly memory: WebAssembly.Memory;
  /** Bytes of guest RAM. */
  readonly ramSize: number;
  readonly modules: readonly BootModule[];
  /** The display's memory, shared: as RAM it outlives the thread. Without it there is one that ends with the thread. */
  readonly video?: Uint8Array;
  /** Contents of the disk, whole sectors, shared; none when left out. */
  readonly disk?: Uint8Array;
  readonly seed: number;
  /** Where the operator sits; at the serial line when left out. */
  readonly console?: ConsoleKind;
  /** Name of a recovery policy, or path of a module that has one. */
  readonly policy: string;
  /** Detectors that are switched off; none when left out. */
  readonly without?: readonly Switch[];
  /** Virtual milliseconds from one look of the watch to the next; left out, only a policy that renews is given a watch. */
  readonly watch?: number;
  readonly operator: OperatorChoice;
  /** Cycle count at which the run ends; Infinity: never. */
  readonly limit: number;
  readonly hostTimes: boolean;
  /** Whether the end carries the machine's hash (which takes a moment). */
  readonly hash: boolean;
  /** Goes on from this state over the bytes in `memory` and `video` instead of powering on. */
  readonly restore?: MachineState;
}

export type ToWorker =
  | { readonly kind: "type"; readonly bytes: Uint8Array }
  | { readonly kind: "lines"; readonly lines: readonly string[]; readonly ended: boolean }
  | { readonly kind: "leave" }
  /** The parent has written out so many batches: the worker never runs far ahead of it. */
  | { readonly kind: "written"; readonly batches: number };

export interface FinalFigures {
  readonly cycles: number;
  readonly instructions: number;
  /** Empty unless asked for. */
  readonly hash: string;
}

export type FromWorker =
  | { readonly kind: "effects"; readonly effects: readonly Effect[] }
  /** `state`, the RAM and the display's memory are what another thread needs to go on. */
  | { readonly kind: "end"; readonly end: RunEnd; readonly figures: FinalFigures; readonly state: MachineState }
  /** The machine could not be started at all. */
  | { readonly kind: "refused"; readonly error: MachineError };
