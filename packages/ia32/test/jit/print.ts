// A failing program for people: what differs, the code that is left, the way it went, and a line that replays it.
import { Decoder, DecoderOptions, Formatter, FormatterSyntax } from "iced-x86";
import { type EngineOptions, INTERPRETER } from "./engines.ts";
import { addresses, createMachine, layOut } from "./machine.ts";
import { CODE } from "./places.ts";
import type { Program } from "./program.ts";
import { writeProgram } from "./replay.ts";
import { firstDifference, stepOn } from "./run.ts";

/** Instructions of the way that are shown. */
const SHOWN = 40;

function disassemble(formatter: Formatter, bytes: Uint8Array, at: number, wide: boolean): string[] {
  const decoder = new Decoder(wide ? 32 : 16, bytes, DecoderOptions.None);
  decoder.ip = BigInt(at);
  const lines: string[] = [];
  while (decoder.canDecode) {
    const instruction = decoder.decode();
    const start = Number(instruction.ip) - at;
    const raw = Buffer.from(bytes.subarray(start, start + instruction.length)).toString("hex");
    lines.push(`  ${Number(instruction.ip).toString(16)}  ${raw.padEnd(22)} ${formatter.format(instruction)}`);
    instruction.free();
  }
  decoder.free();
  return lines;
}

/** Linear addresses of the instructions of the last step, by the interpreter. */
function way(program: Program): string[] {
  const machine = createMachine(program, INTERPRETER);
  const passed: string[] = [];
  for (let step = 0, exits = 0; step < program.steps.length; step++) {
    if (step === program.steps.length - 1)
      machine.processor.trace({ instruction: (linear) => void passed.push(linear.toString(16)) });
    const { over, counted } = stepOn(machine, program.steps[step], exits);
    if (counted) exits++;
    if (over) break;
  }
  return passed;
}

/** Several lines; the last one replays it. */
export function explain(program: Program, engine: EngineOptions, title: string): string {
  const difference = firstDifference(program, INTERPRETER, engine);
  const formatter = new Formatter(FormatterSyntax.Nasm);
  const code = layOut(program);
  const places = addresses(program);
  const lines = [`DIFFERENCE (${title}): ${difference === null ? "none any more" : ""}`];
  if (difference !== null)
    lines.push(
      `  step ${difference.step}: ${difference.what}: interpreter ${difference.expected}, ${title} ${difference.got}`,
    );
  lines.push(`  environment ${JSON.stringify(program.environment)}`, `  steps ${JSON.stringify(program.steps)}`);
  program.blocks.forEach(({ at, items }, block) => {
    if (items.every(({ bytes }) => bytes.length === 0)) return;
    lines.push(` block ${block}:`);
    const end = places[block].at(-1) ?? at;
    lines.push(...disassemble(formatter, code.subarray(at - CODE, end - CODE), at, program.environment.wide));
  });
  const passed = way(program);
  lines.push(`  last step: ${passed.length > SHOWN ? "… " : ""}${passed.slice(-SHOWN).join(" ")}`);
  lines.push(`  replay: ${writeProgram(program)}`);
  formatter.free();
  return lines.join("\n");
}
