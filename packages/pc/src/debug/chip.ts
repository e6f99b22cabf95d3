/**
 * Debug ports: bytes for the host's console, and a POST code.
 *
 * Here: ports e9 and 190 of Bochs and test386. Not here: where the bytes go.
 * Bochs documentation, "port e9 hack"; test386.asm README, POST_PORT.
 * @module
 */
import type { PortDevice } from "../port-device.ts";
import { DEBUG_CONSOLE, DEBUG_CONSOLE_PRESENT, DEBUG_POST } from "./registers.ts";

/** What leaves the ports. */
export interface DebugEvents {
  /** A byte for the console. */
  onByte(byte: number): void;
  /** A POST code. */
  onPost(code: number): void;
}

/** Plain, versioned state. */
export interface DebugPortsState {
  readonly version: 1;
  /** The last POST code; what a machine that stopped is asked for. */
  readonly post: number;
}

export const DEBUG_PORTS_STATE_AT_RESET: DebugPortsState = { version: 1, post: 0 };

/** A console that says it is there when read (0xe9), and a POST port that reads back the last code. */
export class DebugPorts implements PortDevice {
  readonly #events: DebugEvents;
  #post: number;

  constructor(events: DebugEvents, state: DebugPortsState = DEBUG_PORTS_STATE_AT_RESET) {
    this.#events = events;
    this.#post = state.post;
  }

  /** A copy; bytes that went to the console are not in it. */
  get state(): DebugPortsState {
    return { version: 1, post: this.#post };
  }

  read(offset: number): number {
    if (offset === DEBUG_CONSOLE) return DEBUG_CONSOLE_PRESENT;
    return offset === DEBUG_POST ? this.#post : 0xff;
  }

  write(offset: number, value: number): void {
    if (offset === DEBUG_CONSOLE) this.#events.onByte(value);
    if (offset !== DEBUG_POST) return;
    this.#post = value;
    this.#events.onPost(value);
  }
}
