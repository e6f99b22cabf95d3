/**
 * The socket that GDB connects to.
 *
 * Here: one session at a time, on localhost. Not here: the protocol (→ session.ts), who drives the target (→ ../commands/).
 * A debugger that goes away, in whatever manner, leaves the target running.
 * @module
 */
import { createServer, type Server, type Socket } from "node:net";
import { Session } from "./session.ts";
import type { Stop, Target } from "./target.ts";

/** Who drives the target, and hears that something may have changed. */
export interface GdbServerEvents {
  changed(): void;
  /** The port cannot be had. */
  failed(error: Error): void;
}

export class GdbServer {
  readonly #target: Target & { readonly stop: Stop | undefined };
  readonly #events: GdbServerEvents;
  readonly #port: number;
  readonly #server: Server;
  #socket: Socket | undefined;
  #session: Session | undefined;
  #closed = false;

  constructor(target: Target & { readonly stop: Stop | undefined }, port: number, events: GdbServerEvents) {
    this.#target = target;
    this.#events = events;
    this.#port = port;
    this.#server = createServer((socket) => this.#connected(socket));
    this.#server.on("error", (error) => events.failed(error));
  }

  /** Somebody can connect, or is connected. */
  get listening(): boolean {
    return this.#server.listening;
  }

  listen(): void {
    if (this.#server.listening || this.#closed) return;
    this.#server.listen(this.#port, "127.0.0.1", () => {
      const address = this.#server.address();
      const port = typeof address === "object" && address !== null ? address.port : this.#port;
      process.stderr.write(`kintsugi: waiting for GDB: target remote localhost:${port}\n`);
    });
  }

  /** Tells the debugger if the target has stopped. */
  tell(): void {
    const { stop } = this.#target;
    if (stop !== undefined) this.#session?.stopped(stop);
  }

  close(): void {
    this.#closed = true;
    this.#socket?.end();
    if (this.#server.listening) this.#server.close();
  }

  #connected(socket: Socket): void {
    if (this.#socket !== undefined) {
      socket.destroy(); // one at a time
      return;
    }
    socket.setNoDelay(true);
    this.#socket = socket;
    if (this.#target.stop === undefined) this.#target.interrupt();
    this.#session = new Session(this.#target, this.#target.stop ?? { kind: "interrupt" }, (bytes) => {
      if (!socket.destroyed) socket.write(bytes);
    });
    socket.on("data", (bytes: Buffer) => {
      this.#session?.receive(bytes);
      if (this.#session?.over) socket.end();
      this.tell();
      this.#events.changed();
    });
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      if (this.#session?.over === false && !this.#closed) this.#target.detach();
      this.#session = undefined;
      this.#socket = undefined;
      this.#events.changed();
    });
  }
}
