/**
 * `kintsugi start`: a person at the machine's serial terminal, or at its screen and keyboard.
 *
 * Here: the terminal's raw mode, Ctrl-], and what is said on leaving; a pipe instead of a terminal is typed line by
 * line. Not here: echo and line editing, which are the guest's.
 * @module
 */
import { createInterface } from "node:readline";
import { MachineThread } from "../host/machine-thread.ts";
import type { Effect, OperatorChoice } from "../host/worker-protocol.ts";
import { endingOf, replayEnding } from "./ending.ts";
import { filesOf, machineOf, prepare } from "./prepare.ts";
import type { MachineFlags } from "./program.ts";
import { Recorder } from "./recorder.ts";
import { SCREEN_BEGIN, SCREEN_END, screenDrawing, screenLines } from "./screen.ts";
import { onInterrupt, onlyWhatWasAsked, writeOut } from "./streams.ts";

/** Ctrl-]: the one key that the guest never sees. */
const LEAVE_KEY = 0x1d;

export async function start(flags: MachineFlags): Promise<number> {
  const prepared = prepare(flags);
  const recorder = flags.record === undefined ? undefined : new Recorder(flags.record, prepared.header);
  const files = filesOf(flags, prepared);
  const terminal = process.stdin.isTTY === true && prepared.replay === undefined;
  const effects = async (batch: readonly Effect[]): Promise<void> => {
    for (const effect of batch) {
      files.take(effect);
      if (effect.kind === "taken") recorder?.taken(effect.entry);
      else if (effect.kind === "serial") await writeOut(effect.bytes);
      else if (effect.kind === "screen")
        await writeOut(terminal ? screenDrawing(effect.screen) : screenLines(effect.screen));
      else if (effect.kind === "event" && effect.event.event === "reset")
        await writeOut(`\r\n*** reset: ${effect.event.reason}\r\n`);
    }
  };
  const piped: OperatorChoice = { kind: "script", lines: [], ended: false, after: "left" };
  const thread = new MachineThread(
    {
      ...machineOf(prepared),
      operator: prepared.replay
        ? { kind: "replay", entries: prepared.replay.entries }
        : terminal
          ? { kind: "person" }
          : piped,
      limit: Number.POSITIVE_INFINITY,
      hostTimes: false,
      hash: recorder !== undefined || prepared.replay !== undefined,
    },
    { effects },
  );
  const interrupted = onInterrupt(() => thread.leave());
  const drawn = terminal && prepared.header.console === "screen";
  if (drawn) await writeOut(SCREEN_BEGIN);
  if (terminal) listen(thread);
  else if (prepared.replay === undefined) pipe(thread);
  const ended = await thread.ended.finally(() => hangUp(terminal));
  if (drawn) await writeOut(SCREEN_END);
  files.close();
  const { end, figures } = onlyWhatWasAsked(ended);
  recorder?.close({ at: figures.cycles, instructions: figures.instructions, hash: figures.hash });
  let ending = endingOf(end, figures, "");
  if (prepared.replay !== undefined) ending = replayEnding(ending, figures, prepared.replay.end);
  const printed = files.paper.bytes > 0 ? `${files.paper.bytes} bytes on ${files.paper.path}` : "nothing was printed";
  const message = ending.message === "" ? `the machine is off` : ending.message;
  const heard = files.wav.seconds > 0 ? `; ${files.wav.seconds.toFixed(1)} s of sound in ${files.wav.path}` : "";
  process.stderr.write(`\nkintsugi: ${message}; paper: ${printed}${heard}\n`);
  return interrupted.code ?? ending.code;
}

/** Everything that the person types goes to the guest, byte by byte, Ctrl-C included. */
function listen(thread: MachineThread): void {
  process.stderr.write("kintsugi: Ctrl-] leaves to the host\n");
  process.stdin.setRawMode(true);
  process.stdin.on("data", (data: Buffer) => {
    const leave = data.indexOf(LEAVE_KEY);
    const typed = leave < 0 ? data : data.subarray(0, leave);
    if (typed.length > 0) thread.type(Uint8Array.from(typed));
    if (leave >= 0) thread.leave();
  });
  process.stdin.on("end", () => thread.leave());
}

/** Lines of a pipe are typed like a script's: each when the guest is idle. At the pipe's end the machine is left. */
function pipe(thread: MachineThread): void {
  const lines = createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY });
  lines.on("line", (line) => thread.lines([line], false));
  lines.on("close", () => thread.lines([], true));
}

function hangUp(terminal: boolean): void {
  if (terminal) process.stdin.setRawMode(false);
  process.stdin.pause();
  // A terminal or pipe would keep the process alive; a file (`< FILE`) does not, and cannot be let go.
  if ("unref" in process.stdin) process.stdin.unref();
}
