/**
 * Mouse: a PS/2 mouse of three buttons, and a wheel once a program knocks.
 *
 * Here: commands, packets, movement that waits for a packet. Not here: the port (`chip.ts`).
 * A packet is made when the last one is gone, so the sample rate is kept and without effect.
 * IBM PS/2 Hardware Interface Technical Reference, "Mouse"; Microsoft IntelliMouse: rates 200, 100, 80.
 * @module
 */
import type { Ps2Device } from "./ps2-device.ts";
import * as R from "./registers.ts";

/** Packet, first byte: always one; the signs. Nothing overflows: what is too much comes later. */
const PACKET_ALWAYS = 0x08;
const PACKET_X_NEGATIVE = 0x10;
const PACKET_Y_NEGATIVE = 0x20;
/** Status byte. */
const STATUS_REMOTE = 0x40;
const STATUS_ENABLED = 0x20;
const STATUS_SCALING_2 = 0x10;
/** Movement that is kept at most, so that no count of the host leaves what a packet says. */
const MOVEMENT = 0x7fff;

/** Plain state. */
export interface MouseState {
  /** Bytes waiting, the oldest first. */
  readonly queue: readonly number[];
  readonly reporting: boolean;
  readonly mode: "stream" | "remote" | "wrap";
  /** The mode to which the end of wrap leads. */
  readonly modeBefore: "stream" | "remote";
  readonly scaling2: boolean;
  readonly resolution: number;
  /** Samples per second; kept with the two before, which is how a wheel is asked for. */
  readonly rates: readonly [number, number, number];
  readonly wheel: boolean;
  /** Movement, right and up positive, and buttons that no packet has told of. */
  readonly dx: number;
  readonly dy: number;
  readonly dz: number;
  readonly buttons: number;
  readonly changed: boolean;
  readonly command: number | null;
  readonly last: number;
}

export const MOUSE_STATE_AT_RESET: MouseState = {
  queue: [R.KBC_BAT_PASSED, R.KBC_MOUSE_ID],
  reporting: false,
  mode: "stream",
  modeBefore: "stream",
  scaling2: false,
  resolution: 2,
  rates: [0, 0, 100],
  wheel: false,
  dx: 0,
  dy: 0,
  dz: 0,
  buttons: 0,
  changed: false,
  command: null,
  last: 0,
};

const DEFAULTS: Partial<MouseState> = {
  reporting: false,
  mode: "stream",
  modeBefore: "stream",
  scaling2: false,
  resolution: 2,
  rates: [0, 0, 100],
  changed: false,
  dx: 0,
  dy: 0,
  dz: 0,
};

const clamp = (value: number, limit: number): number => Math.max(-limit, Math.min(limit, Math.trunc(value)));

export class Mouse implements Ps2Device {
  #state: MouseState;

  constructor(state: MouseState) {
    this.#state = state;
  }

  get state(): MouseState {
    const { queue, rates } = this.#state;
    return { ...this.#state, queue: [...queue], rates: [rates[0], rates[1], rates[2]] };
  }

  get ready(): boolean {
    const { queue, reporting, mode, changed } = this.#state;
    return queue.length > 0 || (reporting && mode === "stream" && changed);
  }

  take(): number {
    const queue = this.#state.queue.length > 0 ? this.#state.queue : this.#packet();
    const last = queue[0];
    this.#set({ queue: queue.slice(1), last });
    return last;
  }

  /** Movement in counts, right, up and wheel down positive, and the buttons now held. */
  move(dx: number, dy: number, dz: number, buttons: number): void {
    const state = this.#state;
    this.#set({
      dx: clamp(state.dx + dx, MOVEMENT),
      dy: clamp(state.dy + dy, MOVEMENT),
      dz: clamp(state.dz + dz, MOVEMENT),
      buttons: buttons & 7,
      changed: true,
    });
  }

  write(byte: number): void {
    const { command, mode } = this.#state;
    this.#set({ queue: [], command: null });
    if (mode === "wrap" && byte !== R.KBC_DEVICE_RESET && byte !== R.KBC_MOUSE_RESET_WRAP) this.#answer(byte);
    else if (command === R.KBC_MOUSE_RESOLUTION) this.#acknowledge({ resolution: byte & 3 });
    else if (command === R.KBC_DEVICE_SET_RATE) this.#setRate(byte);
    else this.#command(byte);
  }

  #command(byte: number): void {
    const state = this.#state;
    const id = state.wheel ? R.KBC_MOUSE_ID_WHEEL : R.KBC_MOUSE_ID;
    switch (byte) {
      case R.KBC_MOUSE_SCALING_1:
      case R.KBC_MOUSE_SCALING_2:
        this.#acknowledge({ scaling2: byte === R.KBC_MOUSE_SCALING_2 });
        break;
      case R.KBC_MOUSE_RESOLUTION:
      case R.KBC_DEVICE_SET_RATE:
        this.#acknowledge({ command: byte });
        break;
      case R.KBC_MOUSE_STATUS:
        this.#answer(R.KBC_ACK, this.#status(), state.resolution, state.rates[2]);
        break;
      case R.KBC_MOUSE_STREAM:
        this.#acknowledge({ mode: "stream", modeBefore: "stream" });
        break;
      case R.KBC_MOUSE_REMOTE:
        this.#acknowledge({ mode: "remote", modeBefore: "remote" });
        break;
      case R.KBC_MOUSE_WRAP:
        this.#acknowledge({ mode: "wrap" });
        break;
      case R.KBC_MOUSE_RESET_WRAP:
        this.#acknowledge({ mode: state.modeBefore });
        break;
      case R.KBC_MOUSE_READ_DATA:
        this.#answer(R.KBC_ACK, ...this.#packet());
        break;
      case R.KBC_DEVICE_READ_ID:
        this.#answer(R.KBC_ACK, id);
        break;
      case R.KBC_DEVICE_ENABLE:
        this.#acknowledge({ reporting: true });
        break;
      case R.KBC_DEVICE_DISABLE:
        this.#acknowledge({ reporting: false });
        break;
      case R.KBC_DEVICE_SET_DEFAULT:
        this.#acknowledge(DEFAULTS);
        break;
      case R.KBC_DEVICE_RESEND:
        this.#answer(state.last);
        break;
      case R.KBC_DEVICE_RESET:
        this.#set({ ...DEFAULTS, wheel: false });
        this.#answer(R.KBC_ACK, R.KBC_BAT_PASSED, R.KBC_MOUSE_ID);
        break;
      default:
        this.#answer(R.KBC_RESEND);
        break;
    }
  }

  #setRate(rate: number): void {
    const [, second, third] = this.#state.rates;
    const knocks = second === 200 && third === 100 && rate === 80;
    this.#acknowledge({ rates: [second, third, rate], wheel: knocks || this.#state.wheel });
  }

  #status(): number {
    const { mode, reporting, scaling2, buttons } = this.#state;
    // The status byte has its buttons in another order than a packet: left, middle, right from bit 2 down.
    const held = ((buttons & 1) << 2) | ((buttons & 4) >> 1) | ((buttons & 2) >> 1);
    return (
      (mode === "remote" ? STATUS_REMOTE : 0) |
      (reporting ? STATUS_ENABLED : 0) |
      (scaling2 ? STATUS_SCALING_2 : 0) |
      held
    );
  }

  /** The packet of what has moved; movement beyond nine bits stays for the next one. */
  #packet(): number[] {
    const { dx, dy, dz, buttons, wheel } = this.#state;
    const x = clamp(dx, 255);
    const y = clamp(dy, 255);
    const z = clamp(dz, 7);
    const left = { dx: dx - x, dy: dy - y, dz: wheel ? dz - z : 0 };
    this.#set({ ...left, changed: left.dx !== 0 || left.dy !== 0 || left.dz !== 0 });
    const first = PACKET_ALWAYS | buttons | (x < 0 ? PACKET_X_NEGATIVE : 0) | (y < 0 ? PACKET_Y_NEGATIVE : 0);
    return wheel ? [first, x & 0xff, y & 0xff, z & 0xff] : [first, x & 0xff, y & 0xff];
  }

  #acknowledge(changes: Partial<MouseState>): void {
    this.#set(changes);
    this.#answer(R.KBC_ACK);
  }

  #answer(...bytes: number[]): void {
    this.#set({ queue: bytes });
  }

  #set(changes: Partial<MouseState>): void {
    this.#state = { ...this.#state, ...changes };
  }
}
