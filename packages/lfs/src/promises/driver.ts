/**
 * One operation after the other on a device that answers later.
 *
 * Here: `Driver`, the queue between promises and the machine of steps; `LfsError`. Not here: paths
 * (`paths.ts`), files (`file-system.ts`). Operations begin in the order in which they are asked for.
 * @module
 */
import type { BlockDevice } from "../block-device.ts";
import type { ErrorCode } from "../cache/device.ts";
import { Lfs, type LfsAnswer, type LfsRequest } from "../vfs/lfs.ts";

/** What Node throws: an error with `code`, `syscall` and `path`. */
export class LfsError extends Error {
  readonly code: ErrorCode | "EBADF" | "EACCES";
  readonly syscall: string;
  readonly path: string | undefined;

  constructor(code: LfsError["code"], syscall: string, path?: string) {
    super(path === undefined ? `${code}: ${syscall}` : `${code}: ${syscall} '${path}'`);
    this.name = "LfsError";
    this.code = code;
    this.syscall = syscall;
    this.path = path;
  }
}

/** The error of a refused operation; anything else is a bug, and thrown on. */
export function asLfsError(reason: unknown): LfsError {
  if (reason instanceof LfsError) return reason;
  throw reason;
}

/** Results of an operation that has succeeded; the data are a copy. */
export interface Done {
  readonly results: readonly number[];
  readonly data: Uint8Array;
}

export class Driver {
  readonly #device: BlockDevice;
  readonly #lfs: Lfs;
  readonly #now: () => number;
  #last: Promise<unknown> = Promise.resolve();

  /** `now` gives seconds since 1970, with fractions. */
  constructor(device: BlockDevice, arena: Uint8Array, now: () => number) {
    this.#device = device;
    this.#lfs = new Lfs(arena);
    this.#now = now;
  }

  /** Runs an operation behind all those asked for before. Rejects with {@link LfsError}. */
  run(request: LfsRequest, syscall: string = request.name, path?: string): Promise<Done> {
    return this.answer(request).then((answer) => {
      if (answer.error !== undefined) throw new LfsError(answer.error, syscall, path);
      return answer;
    });
  }

  /** The same, with a refusal as part of the answer. */
  answer(request: LfsRequest): Promise<LfsAnswer> {
    const mine = this.#last.then(() => this.#carry(request));
    this.#last = mine.catch(() => undefined);
    return mine;
  }

  async #carry(request: LfsRequest): Promise<LfsAnswer> {
    const now = this.#now();
    const seconds = Math.floor(now);
    this.#lfs.begin({ time: [seconds, Math.floor((now - seconds) * 1e9)], ...request });
    for (let asked = this.#lfs.step(); asked !== undefined; asked = this.#lfs.step()) {
      let succeeded = true;
      try {
        if (asked.kind === "flush") await this.#device.flush();
        else if (asked.offset < 0 || asked.offset + asked.bytes.length > this.#device.size) succeeded = false;
        else await this.#device[asked.kind](asked.offset, asked.bytes);
      } catch {
        succeeded = false;
      }
      this.#lfs.complete(succeeded);
    }
    const answer = this.#lfs.answer();
    return { ...answer, data: answer.data.slice() };
  }
}
