// Writes src/interpreter/generated/handlers.ts: one function for each encoding of the instruction table.
//
// Rows are for people; the interpreter needs a function that already knows where its operands are. Each handler
// is a few lines around the row's named meaning, small enough for V8 to inline the meaning and the TLB hit.
// Run: node packages/ia32/scripts/generate-handlers.ts
import { writeFileSync } from "node:fs";
import {
  type Encoding,
  handlerName,
  isMemory,
  isRm,
  meaningOf,
  parseEncoding,
  type Variant,
  widthOf,
} from "../src/isa/encoding.ts";
import { GROUPS, TABLE } from "../src/isa/table.ts";
import * as add from "../src/softfloat/add.ts";
import * as divide from "../src/softfloat/divide.ts";
import * as float32 from "../src/softfloat/float32.ts";
import * as float64 from "../src/softfloat/float64.ts";
import * as multiply from "../src/softfloat/multiply.ts";
import * as sseApproximate from "../src/softfloat/sse-approximate.ts";
import * as sseCompare from "../src/softfloat/sse-compare.ts";
import { FLOAT_HELPERS, floatBody, importedName } from "./float-bodies.ts";

/** Meanings of rows that are the arithmetic itself. */
const SOFTFLOAT = {
  add,
  divide,
  float32,
  float64,
  multiply,
  "sse-approximate": sseApproximate,
  "sse-compare": sseCompare,
};

const VIEW: Readonly<Record<number, string>> = { 8: "c.r8", 16: "c.r16", 32: "c.r" };
const FIXED: Readonly<Record<string, string>> = {
  AL: "c.r8[0]",
  AX: "c.r16[0]",
  EAX: "c.r[0]",
  CL: "c.r8[4]",
  DX: "c.r16[4]",
  "1": "1",
};

/** Expression (or assignable place) for an operand that is not in memory. */
function place(operand: string): string {
  if (operand in FIXED) return FIXED[operand];
  if (/imm/.test(operand)) return "o.immediate";
  return `${VIEW[widthOf(operand)]}[o.${isRm(operand) ? "rm" : "reg"}]`;
}

/** Statements that run an encoding, with `c` for the core and `o` for the operation. */
export function body(encoding: Encoding, variant: Variant): string[] {
  const { operands, row } = encoding;
  const meaning = meaningOf(encoding).name;
  const inMemory = (operand: string): boolean => isMemory(operand, variant);
  const bytes = (operand: string): number => widthOf(operand) / 8;
  const address = (operand: string, write: boolean): string => `linear(c, o, ${bytes(operand)}, ${write})`;
  const value = (operand: string): string =>
    inMemory(operand) ? `read${widthOf(operand)}(c, ${address(operand, false)})` : place(operand);
  const [first, second] = operands;
  const rest = operands.slice(1).map(value);
  const call = (...values: string[]): string => `${meaning}(${["c", ...values].join(", ")})`;
  const memory = first !== undefined && inMemory(first);
  const width = first === undefined ? 0 : widthOf(first);
  switch (row.form) {
    case "modify":
      return memory
        ? [`const a = ${address(first, true)};`, `write${width}(c, a, ${call(`readForWrite${width}(c, a)`, ...rest)});`]
        : [`${place(first)} = ${call(place(first), ...rest)};`];
    case "read":
      return [`${call(...operands.map(value))};`];
    case "write":
      return memory
        ? [`write${width}(c, ${address(first, true)}, ${call(...rest)});`]
        : [`${place(first)} = ${call(...rest)};`];
    case "set":
      return memory
        ? [`write${width}(c, ${address(first, true)}, ${call()} ? 1 : 0);`]
        : [`${place(first)} = ${call()} ? 1 : 0;`];
    case "move":
      return [`const v = ${value(second)};`, `if (${call()}) ${place(first)} = v;`];
    case "exchange":
      return memory
        ? [
            `const a = ${address(first, true)};`,
            `const v = readForWrite${width}(c, a);`,
            `write${width}(c, a, ${call("v", place(second))});`,
            `${place(second)} = v;`,
          ]
        : [
            `const v = ${place(first)};`,
            `const w = ${call("v", place(second))};`,
            `${place(second)} = v;`,
            `${place(first)} = w;`,
          ];
    case "transfer":
      return [`${meaning}(c, o, ${value(first)});`];
    case "branch": {
      const target = encoding.sizes[0] === 16 ? "(c.pageBase + o.target) & 0xffff" : "(c.pageBase + o.target) | 0";
      return [`if (${call()}) jump(c, ${target});`, "else c.r[8] = (c.pageBase + o.end) | 0;"];
    }
    case "x87":
    case "vector":
    case "packed32":
    case "packed64":
    case "scalar32":
    case "scalar64":
      return floatBody(encoding, variant, meaningOf(encoding));
    case "direct":
      throw new Error("direct rows have no handler of their own");
  }
}

/** The text of handlers.ts. */
export function generateHandlers(): string {
  const functions = new Map<string, string>();
  const direct = new Set<string>();
  const imports = new Map<string, Set<string>>();
  const use = (module: string, name: string): void => {
    imports.set(module, (imports.get(module) ?? new Set()).add(name));
  };
  const homes = new Map<unknown, [string, string]>();
  for (const [group, exports] of Object.entries(GROUPS))
    for (const [name, value] of Object.entries(exports)) homes.set(value, [`isa/${group}`, name]);
  for (const [file, exports] of Object.entries(SOFTFLOAT))
    for (const [name, value] of Object.entries(exports)) homes.set(value, [`softfloat/${file}`, name]);

  for (const { name, row } of TABLE) {
    for (let i = 0; i < row.encodings.length; i++) {
      const encoding = parseEncoding(name, row, i);
      const meaning = meaningOf(encoding);
      const home = homes.get(meaning);
      use(
        home === undefined ? "../../state/lazy-flags.ts" : `../../${home[0]}.ts`,
        importedName(encoding.row.form, meaning.name),
      );
      for (const variant of encoding.variants) {
        const handler = handlerName(encoding, variant);
        if (row.form === "direct") {
          direct.add(handler);
          continue;
        }
        const text = `function ${handler}(c: Core, o: Operation): void {\n${body(encoding, variant)
          .map((line) => `  ${line}\n`)
          .join("")}}\n`;
        const known = functions.get(handler);
        if (known !== undefined && known !== text) throw new Error(`two handlers named ${handler}`);
        functions.set(handler, text);
      }
    }
  }
  const code = [...functions.values()].join("\n");
  if (/\bjump\(/.test(code)) use("../../isa/control-transfer.ts", "jump");
  use("../../isa/operation.ts", "linear");
  for (const [module, names] of Object.entries(FLOAT_HELPERS))
    for (const name of names) if (new RegExp(`\\b${name}\\b`).test(code)) use(`../../${module}.ts`, name);
  for (const name of ["read", "write", "readForWrite"])
    for (const width of [8, 16, 32]) use("../../mmu/access.ts", `${name}${width}`);

  const lines = [...imports.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([module, names]) => `import { ${[...names].sort().join(", ")} } from "${module}";`);
  return `// Generated by scripts/generate-handlers.ts from the instruction table; do not edit.
import type { Execute, Operation } from "../../isa/operation.ts";
import type { Core } from "../../state/core.ts";
${lines.join("\n")}

${code}
/** Handler name (see isa/encoding.ts) → handler. */
export const HANDLERS: Readonly<Record<string, Execute>> = {
${[...functions.keys(), ...direct].map((name) => `  ${name},`).join("\n")}
};
`;
}

if (import.meta.main)
  writeFileSync(new URL("../src/interpreter/generated/handlers.ts", import.meta.url), generateHandlers());
