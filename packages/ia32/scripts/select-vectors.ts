// Copies a sample that keeps every form from a directory of hwvec files: the categories without float registers.
//
//   node packages/ia32/scripts/select-vectors.ts HWVEC_DIRECTORY [PER_FORM]
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { readVectors, type Vector } from "../test/hwvec.ts";

const CATEGORIES =
  "alu shift muldiv mov flags bcd bit cond branch stack string atomic misc ud fetch seq priv seg segmem ac".split(" ");
const PER_FORM = Number(process.argv[3] ?? 8);

/** Neither starts from float registers nor changes them. */
function isInteger(vector: Vector & { readonly i: { readonly fpu?: unknown } }): boolean {
  return vector.i.fpu === undefined && !/sse|x87|movaps/.test(vector.f);
}

const source = process.argv[2];
const target = join(import.meta.dirname, "../test/vectors");
mkdirSync(target, { recursive: true });
for (const category of CATEGORIES) {
  const all = readVectors(join(source, `${category}.jsonl.gz`)).filter(isInteger);
  const taken = new Map<string, number>();
  const chosen = all.filter(({ f }) => {
    const count = taken.get(f) ?? 0;
    taken.set(f, count + 1);
    // Sequences are few forms with much in each.
    return category === "seq" || count < PER_FORM;
  });
  writeFileSync(
    join(target, `${category}.jsonl.gz`),
    gzipSync(`${chosen.map((vector) => JSON.stringify(vector)).join("\n")}\n`, { level: 9 }),
  );
  console.log(`${category}: ${chosen.length} of ${all.length}`);
}
