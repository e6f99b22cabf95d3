/**
 * The other end of COM1's cable: the terminal, a file, or a TCP client.
 *
 * Here: host streams. Not here: COM1 (→ ../../pc/pc-machine.ts). Every byte is passed on as it is, in either direction.
 * @module
 */
import { closeSync, openSync, writeSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { UsageError } from "../options.ts";
import { writeOut } from "../streams.ts";

export interface SerialEnd {
  /** Somebody may still send something. */
  readonly open: boolean;
  /** Somebody sits at a terminal. */
  readonly person: boolean;
  /** And has pressed Ctrl-]. */
  readonly left: boolean;
  /** What has been sent since it was last asked. */
  take(): readonly number[];
  /** Passes bytes on; a slow reader makes it wait. */
  write(bytes: Uint8Array): Promise<void>;
  close(): void;
}

/** `arrived` is called when there is something to take, or the end has come. @throws UsageError */
export async function openSerialEnd(where: string, arrived: () => void): Promise<SerialEnd> {
  const tcp = /^tcp:(.*)$/.exec(where)?.[1];
  if (where === "stdio") return new Terminal(arrived);
  if (tcp === undefined) return new FileEnd(where);
  if (!/^\d{1,5}$/.test(tcp) || Number(tcp) > 65_535)
    throw new UsageError(`--serial tcp: wants a port from 0 to 65535, not '${tcp}'; 0 takes any that is free`);
  return TcpEnd.listen(Number(tcp), arrived);
}

const LEAVE_KEY = 0x1d;

/** stdin and stdout; a terminal's keys come one by one, and Ctrl-] leaves. */
class Terminal implements SerialEnd {
  #bytes: number[] = [];
  #open = true;
  #left = false;
  readonly #raw: boolean;
  readonly #listen: (chunk: Buffer) => void;
  readonly #end: () => void;

  constructor(arrived: () => void) {
    this.#raw = process.stdin.isTTY === true;
    this.#listen = (chunk) => {
      const leave = this.#raw ? chunk.indexOf(LEAVE_KEY) : -1;
      this.#bytes.push(...(leave < 0 ? chunk : chunk.subarray(0, leave)));
      if (leave >= 0) this.#left = true;
      arrived();
    };
    this.#end = () => {
      this.#open = false;
      arrived();
    };
    if (this.#raw) process.stdin.setRawMode(true);
    process.stdin.on("data", this.#listen);
    process.stdin.on("end", this.#end);
    process.stdin.on("error", this.#end);
  }

  get open(): boolean {
    return this.#open;
  }

  get person(): boolean {
    return this.#raw;
  }

  get left(): boolean {
    return this.#left;
  }

  take(): readonly number[] {
    return this.#bytes.splice(0);
  }

  write(bytes: Uint8Array): Promise<void> {
    return bytes.length === 0 ? Promise.resolve() : writeOut(bytes);
  }

  close(): void {
    if (this.#raw) process.stdin.setRawMode(false);
    process.stdin.off("data", this.#listen);
    process.stdin.off("end", this.#end);
    process.stdin.off("error", this.#end);
    process.stdin.pause();
  }
}

class FileEnd implements SerialEnd {
  readonly open: boolean = false;
  readonly person: boolean = false;
  readonly left: boolean = false;
  readonly #file: number;

  constructor(path: string) {
    try {
      this.#file = openSync(path, "w");
    } catch (error) {
      const { message } = error as Error;
      throw new UsageError(`--serial ${path}: ${message}; give stdio, tcp:PORT or a file that can be written`);
    }
  }

  take(): readonly number[] {
    return [];
  }

  async write(bytes: Uint8Array): Promise<void> {
    writeSync(this.#file, bytes);
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** Bytes kept for a client that has not come yet; behind that the oldest are lost. */
const KEPT = 1 << 20;

/** One client at a time; what is sent while there is none is kept for the next. */
class TcpEnd implements SerialEnd {
  readonly open: boolean = true;
  readonly person: boolean = false;
  readonly left: boolean = false;
  readonly #server: Server;
  readonly #arrived: () => void;
  #socket: Socket | undefined;
  #bytes: number[] = [];
  #kept: Buffer = Buffer.alloc(0);

  private constructor(arrived: () => void) {
    this.#arrived = arrived;
    this.#server = createServer((socket) => this.#connected(socket));
  }

  static listen(port: number, arrived: () => void): Promise<TcpEnd> {
    const end = new TcpEnd(arrived);
    return new Promise((resolve, reject) => {
      end.#server.on("error", (error) =>
        reject(new UsageError(`--serial tcp:${port}: ${error.message}; choose another port`)),
      );
      end.#server.listen(port, "127.0.0.1", () => {
        const address = end.#server.address();
        const chosen = typeof address === "object" && address !== null ? address.port : port;
        process.stderr.write(`kintsugi: COM1 listens at localhost:${chosen}\n`);
        resolve(end);
      });
    });
  }

  take(): readonly number[] {
    return this.#bytes.splice(0);
  }

  async write(bytes: Uint8Array): Promise<void> {
    const socket = this.#socket;
    if (bytes.length === 0) return;
    if (socket === undefined) {
      this.#kept = Buffer.concat([this.#kept, bytes]).subarray(-KEPT);
      return;
    }
    if (socket.write(bytes)) return;
    await new Promise<void>((resolve) => {
      socket.once("drain", resolve);
      socket.once("close", () => resolve());
    });
  }

  close(): void {
    this.#socket?.end();
    this.#server.close();
  }

  #connected(socket: Socket): void {
    if (this.#socket !== undefined) {
      socket.destroy();
      return;
    }
    this.#socket = socket;
    socket.setNoDelay(true);
    if (this.#kept.length > 0) socket.write(this.#kept);
    this.#kept = Buffer.alloc(0);
    socket.on("data", (chunk: Buffer) => {
      for (const byte of chunk) this.#bytes.push(byte);
      this.#arrived();
    });
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      this.#socket = undefined;
      this.#arrived();
    });
  }
}
