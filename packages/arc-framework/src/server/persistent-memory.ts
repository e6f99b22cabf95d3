/**
 * A server's persistent memory: words and bytes of its thread's own space.
 *
 * Here: loads and stores through the kernel's context, with a cut point before every store.
 * Not here: which words mean what (`journal.ts`, the servers' tables); undoing (`transaction.ts`).
 * Words are signed, as registers hold them. A page that is not there throws the kernel's page-fault
 * signal, which nobody below the server catches.
 * @module
 */
import type { ResidentContext } from "@kintsugi/microkernel";
import type { CutKind, CutProbe } from "./cut-point.ts";

export class PersistentMemory {
  readonly #server: string;
  readonly #probe: CutProbe | undefined;
  #cuts: number = 0;
  #context: ResidentContext | undefined;

  constructor(server: string, probe?: CutProbe) {
    this.#server = server;
    this.#probe = probe;
  }

  /** The thread that runs now; every access goes to its address space. */
  enter(context: ResidentContext): void {
    this.#context = context;
  }

  get context(): ResidentContext {
    if (this.#context === undefined) throw new Error("persistent memory is used outside resume()");
    return this.#context;
  }

  /** A place where the server may be crashed. */
  cut(kind: CutKind): void {
    if (this.#probe === undefined) return;
    this.#probe({ server: this.#server, thread: this.context.thread, kind, number: this.#cuts++ });
  }

  read(address: number): number {
    return this.context.read32(address);
  }

  write(address: number, value: number): void {
    this.cut("store");
    this.context.write32(address, value);
  }

  readBytes(address: number, length: number): Uint8Array {
    return this.context.readBytes(address, length);
  }

  writeBytes(address: number, bytes: Uint8Array): void {
    this.cut("store");
    this.context.writeBytes(address, bytes);
  }

  fill(address: number, length: number, byte: number): void {
    this.cut("store");
    this.context.fill(address, length, byte);
  }

  /** Bytes that are there already are not written: the processor keeps what it has decoded of a text that is loaded anew. */
  copy(to: number, from: number, length: number): void {
    this.cut("store");
    if (!isSame(this.context.readBytes(to, length), this.context.readBytes(from, length)))
      this.context.copy(to, from, length);
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  const words = a.length >>> 2;
  const [left, right] = [new Int32Array(a.buffer, 0, words), new Int32Array(b.buffer, 0, words)];
  for (let i = 0; i < words; i++) if (left[i] !== right[i]) return false;
  for (let i = 4 * words; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
