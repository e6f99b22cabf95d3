/**
 * stdout, and the ways in which a run is interrupted from the host.
 *
 * @module
 */
import type { ThreadEnd } from "../host/machine-thread.ts";
import { EXIT_INTERRUPTED } from "./exit-codes.ts";
import { UsageError } from "./options.ts";

/** Writes to stdout and returns when the reader has taken it: a slow reader slows the machine down. */
export function writeOut(bytes: Uint8Array | string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(bytes, (error) => {
      if (!error) resolve();
      // Nobody reads any more (`| head`): there is nothing left to do for anybody.
      else if ((error as NodeJS.ErrnoException).code === "EPIPE") process.exit(0);
      else reject(error);
    });
  });
}

/** Calls `leave` at the first SIGINT or SIGTERM and gives up at the second. */
export function onInterrupt(leave: () => void): { readonly code: number | undefined } {
  const interrupted: { code: number | undefined } = { code: undefined };
  const handler = (): void => {
    if (interrupted.code !== undefined) process.exit(EXIT_INTERRUPTED);
    interrupted.code = EXIT_INTERRUPTED;
    leave();
  };
  process.on("SIGINT", handler);
  process.on("SIGTERM", handler);
  return interrupted;
}

/** The end of a thread that was not killed; anything else is an error of ours with a message. */
export function onlyWhatWasAsked(ended: ThreadEnd): Extract<ThreadEnd, { kind: "end" }> {
  if (ended.kind === "end") return ended;
  if (ended.kind === "killed") throw new Error("the machine's thread died");
  const { code, message } = ended.error;
  if (code === "memory-too-small") throw new UsageError(`--memory: ${message}; give more`);
  throw new Error(message);
}
