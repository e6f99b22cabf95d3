/**
 * Input of a command that runs a guest in this thread: stdin, and whether more can come.
 *
 * @module
 */
export class TypedInput {
  #bytes: number[] = [];
  #ended = false;
  #wake: (() => void) | undefined;
  readonly #listen: (chunk: Buffer) => void = (chunk) => {
    this.#bytes.push(...chunk);
    this.#wake?.();
  };
  readonly #end: () => void = () => {
    this.#ended = true;
    this.#wake?.();
  };

  constructor() {
    process.stdin.on("data", this.#listen);
    process.stdin.on("end", this.#end);
    process.stdin.on("error", this.#end);
  }

  /** Nothing more will come. */
  get ended(): boolean {
    return this.#ended && this.#bytes.length === 0;
  }

  /** What has come since it was last asked. */
  take(): readonly number[] {
    const taken = this.#bytes;
    this.#bytes = [];
    return taken;
  }

  /** Waits for input or its end; without a terminal for at most `patience` milliseconds. False if nothing came. */
  async more(patience: number): Promise<boolean> {
    if (this.#bytes.length === 0 && !this.#ended)
      await new Promise<void>((resolve) => {
        const timer = process.stdin.isTTY ? undefined : setTimeout(resolve, patience);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    this.#wake = undefined;
    return this.#bytes.length > 0;
  }

  close(): void {
    process.stdin.off("data", this.#listen);
    process.stdin.off("end", this.#end);
    process.stdin.off("error", this.#end);
    process.stdin.pause();
  }
}
