/**
 * `kintsugi boot`: a run without a terminal.
 *
 * Here: script in, serial output or events out, an exit code. Not here: the rules of typing (→ ../run/operator.ts).
 * @module
 */
import { MachineThread, type ThreadEnd } from "../host/machine-thread.ts";
import type { Effect, OperatorChoice } from "../host/worker-protocol.ts";
import { endingOf, replayEnding } from "./ending.ts";
import { JsonLines } from "./json-lines.ts";
import { UsageError } from "./options.ts";
import { filesOf, machineOf, prepare, readScript } from "./prepare.ts";
import type { BootFlags } from "./program.ts";
import { Recorder } from "./recorder.ts";
import { screenLines } from "./screen.ts";
import { onInterrupt, onlyWhatWasAsked, writeOut } from "./streams.ts";
import { CYCLES_PER_SECOND } from "./virtual-time.ts";

const CARRIAGE_RETURN = /\r$/;

export async function boot(flags: BootFlags): Promise<number> {
  if (flags.script !== undefined && flags.replay !== undefined) {
    throw new UsageError("--script cannot go with --replay, whose log says what is typed; leave one of them out");
  }
  const prepared = prepare(flags);
  const operator: OperatorChoice = prepared.replay
    ? { kind: "replay", entries: prepared.replay.entries }
    : {
        kind: "script",
        lines: flags.script === undefined ? [] : readScript(flags.script),
        ended: true,
        after: "deadlock",
      };
  const recorder = flags.record === undefined ? undefined : new Recorder(flags.record, prepared.header);
  const files = filesOf(flags, prepared);
  const json = flags.json ? new JsonLines(flags.hostTimes === true) : undefined;
  let lastTyped = "";
  const effects = async (batch: readonly Effect[]): Promise<void> => {
    for (const effect of batch) {
      files.take(effect);
      if (effect.kind === "taken") {
        recorder?.taken(effect.entry);
        if (effect.entry.kind === "type")
          lastTyped = new TextDecoder().decode(effect.entry.bytes).replace(CARRIAGE_RETURN, "");
      }
      if (json === undefined && effect.kind === "serial") await writeOut(effect.bytes);
      if (json === undefined && effect.kind === "screen") await writeOut(screenLines(effect.screen));
      const line = json?.line(effect);
      if (line !== undefined) await writeOut(line);
    }
  };
  const thread = new MachineThread(
    {
      ...machineOf(prepared),
      operator,
      limit: flags.limit === undefined ? Number.POSITIVE_INFINITY : Math.ceil(flags.limit * CYCLES_PER_SECOND),
      hostTimes: flags.hostTimes === true,
      hash: json !== undefined || recorder !== undefined || prepared.replay !== undefined,
    },
    { effects },
  );
  const interrupted = onInterrupt(() => thread.leave());
  const ended: ThreadEnd = await thread.ended;
  files.close();
  const { end, figures } = onlyWhatWasAsked(ended);
  recorder?.close({ at: figures.cycles, instructions: figures.instructions, hash: figures.hash });
  if (json !== undefined) await writeOut(json.end(end, figures));
  let ending = endingOf(end, figures, lastTyped);
  if (prepared.replay !== undefined) ending = replayEnding(ending, figures, prepared.replay.end);
  if (ending.message !== "") process.stderr.write(`kintsugi: ${ending.message}\n`);
  return interrupted.code ?? ending.code;
}
