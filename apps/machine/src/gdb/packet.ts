/**
 * Packets of GDB's remote serial protocol: bytes to packets and back.
 *
 *   $ body # two hexadecimal digits, the sum of the body's bytes modulo 256
 *   + and - acknowledge a packet or ask for it again; 03 outside a packet is Ctrl-C
 *   } in a body: the next byte is meant XOR 20
 *
 * Here: framing, sums, escapes. Not here: what packets say (→ session.ts). Any bytes at all are taken without an error.
 * Reference: Debugging with GDB, appendix E, "Overview".
 * @module
 */

/** Body bytes that a packet may have; announced as PacketSize. */
export const PACKET_SIZE = 0x4000;

export type Received =
  /** Every byte of `body` is one character. */
  { readonly kind: "packet"; readonly body: string } | { readonly kind: "damaged" | "resend" | "interrupt" };

const START = 0x24;
const END = 0x23;
const ESCAPE = 0x7d;
const RESEND = 0x2d;
const INTERRUPT = 3;

/** Cuts a stream into packets, however it arrives. */
export class PacketReader {
  #state: "between" | "body" | "sum" = "between";
  #raw: number[] = [];
  #sum = "";

  /** What is complete now. A packet that is too long or has a wrong sum is "damaged". */
  read(bytes: Iterable<number>): Received[] {
    const received: Received[] = [];
    for (const byte of bytes) {
      if (this.#state === "between") {
        if (byte === START) this.#begin();
        else if (byte === INTERRUPT) received.push({ kind: "interrupt" });
        else if (byte === RESEND) received.push({ kind: "resend" });
      } else if (this.#state === "body") {
        if (byte === START) this.#begin();
        else if (byte === END) this.#state = "sum";
        else if (this.#raw.length <= PACKET_SIZE) this.#raw.push(byte);
      } else {
        this.#sum += String.fromCharCode(byte);
        if (this.#sum.length < 2) continue;
        this.#state = "between";
        received.push(this.#packet());
      }
    }
    return received;
  }

  #begin(): void {
    this.#state = "body";
    this.#raw = [];
    this.#sum = "";
  }

  #packet(): Received {
    const sum = this.#raw.reduce((total, byte) => (total + byte) & 0xff, 0);
    const whole = this.#raw.length <= PACKET_SIZE && /^[0-9a-f]{2}$/i.test(this.#sum);
    if (!whole || Number.parseInt(this.#sum, 16) !== sum) return { kind: "damaged" };
    let body = "";
    for (let at = 0; at < this.#raw.length; at++) {
      const byte = this.#raw[at] === ESCAPE ? (this.#raw[++at] ?? 0) ^ 0x20 : this.#raw[at];
      body += String.fromCharCode(byte);
    }
    return { kind: "packet", body };
  }
}

/** The bytes of a packet, each character of `body` a byte, with what would be framing escaped. */
export function packet(body: string): Uint8Array {
  const escaped = body.replace(/[#$}*]/g, (special) => `}${String.fromCharCode(special.charCodeAt(0) ^ 0x20)}`);
  let sum = 0;
  for (const character of escaped) sum += character.charCodeAt(0);
  return latin1(`$${escaped}#${(sum & 0xff).toString(16).padStart(2, "0")}`);
}

/** One byte for each character. */
export function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** Two digits for each byte. */
export function hexOf(bytes: Iterable<number>): string {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}

/** The bytes of an even number of digits; undefined for anything else. */
export function bytesOf(hex: string): Uint8Array | undefined {
  if (!/^([0-9a-f]{2})*$/i.test(hex)) return undefined;
  return Uint8Array.from({ length: hex.length / 2 }, (_, n) => Number.parseInt(hex.slice(2 * n, 2 * n + 2), 16));
}
