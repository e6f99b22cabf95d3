// Copies from a directory of hwvec files what this cut of the processor can run: flat 32-bit integer forms.
//
//   node packages/ia32/scripts/select-vectors.ts HWVEC_DIRECTORY
//
// Left out: 16-bit code segments, LDT selectors (so the category seg), x87 and SSE, and page faults that only execute-disable raises.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { readVectors, type Vector } from "../test/hwvec.ts";

const CATEGORIES = "alu shift muldiv mov flags bcd bit cond branch stack string atomic misc ud fetch seq priv".split(
  " ",
);
const LDT = 4;
const EXECUTE_DISABLE_FAULT = 0x11;

function runsHere(vector: Vector & { readonly i: { readonly fpu?: unknown } }): boolean {
  const { f, i, o } = vector;
  if (/ c16$|sse|x87|movaps/.test(f) || i.fpu !== undefined) return false;
  const selectors = [...Object.values(i.sg ?? {}), ...Object.values(o.sg ?? {})];
  if (selectors.some((selector) => selector & LDT)) return false;
  if (o.x === undefined) return true;
  const [exception, code] = o.x;
  if (exception === 14) return (code & EXECUTE_DISABLE_FAULT) !== EXECUTE_DISABLE_FAULT;
  return exception !== 11;
}

const source = process.argv[2];
const target = join(import.meta.dirname, "../test/vectors");
mkdirSync(target, { recursive: true });
for (const category of CATEGORIES) {
  const all = readVectors(join(source, `${category}.jsonl.gz`));
  const chosen = all.filter(runsHere);
  writeFileSync(
    join(target, `${category}.jsonl.gz`),
    gzipSync(`${chosen.map((vector) => JSON.stringify(vector)).join("\n")}\n`, { level: 9 }),
  );
  console.log(`${category}: ${chosen.length} of ${all.length}`);
}
