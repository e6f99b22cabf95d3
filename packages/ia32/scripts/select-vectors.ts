// Copies a sample that keeps every form from a directory of hwvec files.
//
//   node packages/ia32/scripts/select-vectors.ts HWVEC_DIRECTORY [PER_FORM]
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { parseVectors } from "../src/conformance/index.ts";

const INTEGER =
  "alu shift muldiv mov flags bcd bit cond branch stack string atomic misc ud fetch seq priv seg segmem ac".split(" ");
const FLOAT = "x87 x87trans x87ctl fxsr mmx sse sse2 sse2i ssecvt sseapprox sse3".split(" ");
/** A test with float registers takes more room. */
const PER_FORM = { integer: Number(process.argv[3] ?? 12), float: Number(process.argv[3] ?? 5) };

const source = process.argv[2];
const target = join(import.meta.dirname, "../test/vectors");
mkdirSync(target, { recursive: true });
for (const category of [...INTEGER, ...FLOAT]) {
  const text = gunzipSync(readFileSync(join(source, `${category}.jsonl.gz`))).toString();
  const all = parseVectors(text)._unsafeUnwrap();
  const taken = new Map<string, number>();
  const chosen = all.filter(({ f }) => {
    const count = taken.get(f) ?? 0;
    taken.set(f, count + 1);
    // Sequences are few forms with much in each.
    return category === "seq" || count < (FLOAT.includes(category) ? PER_FORM.float : PER_FORM.integer);
  });
  writeFileSync(
    join(target, `${category}.jsonl.gz`),
    gzipSync(`${chosen.map((vector) => JSON.stringify(vector)).join("\n")}\n`, { level: 9 }),
  );
  console.log(`${category}: ${chosen.length} of ${all.length}`);
}
