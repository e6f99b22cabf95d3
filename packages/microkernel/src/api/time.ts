/**
 * Time values: the 16-bit codes of timeouts and time slices.
 *
 * Here: decoding periods and points, and encoding periods. Not here: who waits (→ object/timeout-queue.ts).
 *
 *     period  0|14 e 10|9 m 0         m * 2^e microseconds; 0 is never, 0x0400 (m = 0, e = 1) is zero
 *     point   1|14 e 11|10 c|9 m 0    the clock whose bits e+10…e are c:m, nearest to now
 *
 * Reference: X.2, "Time".
 * @module
 */
export const TIME_NEVER = 0;
export const TIME_ZERO = 0x400;
export const TIME_POINT = 0x8000;

/** Microseconds of a period code (0…2^41); `Infinity` for never. */
export function periodMicroseconds(code: number): number {
  if (code === TIME_NEVER) return Number.POSITIVE_INFINITY;
  return (code & 0x3ff) * 2 ** ((code >>> 10) & 0x1f);
}

/** The shortest period code that is at least `microseconds` long; zero for 0. */
export function periodCode(microseconds: number): number {
  if (microseconds <= 0) return TIME_ZERO;
  let e = 0;
  while (e < 31 && Math.ceil(microseconds / 2 ** e) > 0x3ff) e++;
  return (e << 10) | Math.min(0x3ff, Math.ceil(microseconds / 2 ** e));
}

/**
 * Microseconds on the clock at which a point lies: of the times whose bits e+9…e are m, whose lower
 * bits are 0 and whose bit e+10 is c, the one nearest to `now`.
 */
export function pointMicroseconds(code: number, now: number): number {
  const unit = 2 ** ((code >>> 11) & 0xf);
  const cycle = unit * 0x800;
  const inCycle = (code & 0x7ff) * unit;
  const floor = Math.floor(now / cycle) * cycle + inCycle;
  if (floor - now > cycle / 2) return floor - cycle;
  return now - floor > cycle / 2 ? floor + cycle : floor;
}

/** The absolute time of a timeout code that starts to run at `now`, both in microseconds. */
export function deadlineMicroseconds(code: number, now: number): number {
  return code & TIME_POINT ? pointMicroseconds(code, now) : now + periodMicroseconds(code);
}

/** Both timeouts of an IPC in the one word that Ipc takes. */
export function timeouts(send: number, receive: number): number {
  return (send << 16) | receive;
}
