// Bodies of the handlers of float rows: where the operands of a form are and in which order what can fail is asked.
//
// Here: text for generate-handlers.ts, with `c` for the core and `o` for the operation. SDM Vol. 2A, 2.1; Vol. 1, 11.5.3.
import { type Encoding, isRm, type Variant } from "../src/isa/encoding.ts";
import type { Meaning } from "../src/isa/instruction.ts";

const X87_OPERANDS: Readonly<Record<string, string>> = {
  m32fp: "withReal32",
  m64fp: "withReal64",
  m32int: "withInteger32",
  m16int: "withInteger16",
  "ST(0), ST(i)": "toTop",
  "ST(i), ST(0)": "toRegister",
};
const POPPING_OPCODE = 0xde;

/** Softfloat's functions get another name where they are imported, since integer ones are named alike. */
export function importedName(form: string, name: string): string {
  return /^(packed|scalar)/.test(form) ? `${name} as ${elementName(name)}` : name;
}
function elementName(name: string): string {
  return `float_${name}`;
}

const isMmx = (operand: string, variant: Variant): boolean =>
  /^mm2?$|^mm\//.test(operand) && (!operand.includes("/") || variant === "reg");
const isXmm = (operand: string): boolean => operand.startsWith("xmm");
/** The operand is in the float registers, or loaded into them. */
const isVector = (operand: string): boolean => /^x?mm/.test(operand) || /^m\d+$/.test(operand);

/** What checks and loads: nothing is changed yet. */
function before({ operands, row }: Encoding, variant: Variant): string[] {
  const lines: string[] = [];
  const mmx = operands.some((operand) => isMmx(operand, variant));
  if (operands.some(isXmm)) lines.push("enterSse(c);");
  if (mmx) lines.push("enterMmx(c);");
  const rm = operands.find(isRm);
  if (variant === "mem" && rm !== undefined) {
    const width = Number(/m(\d+)$/.exec(rm)?.[1]);
    lines.push(`load${width}${width === 128 && row.unaligned ? "Unaligned" : ""}(c, o);`);
  }
  if (mmx) lines.push("markMmx(c);");
  return lines;
}

/** Index or value of an operand. */
function value(operand: string, variant: Variant): string {
  if (operand.startsWith("imm")) return "o.immediate";
  if (isRm(operand) && variant === "mem") return isVector(operand) ? "OPERAND" : "c.x[OPERAND]";
  if (/^r32\/m|^r\/m/.test(operand)) return "c.r[o.rm]";
  return isRm(operand) ? "o.rm" : "o.reg";
}

function vector(encoding: Encoding, variant: Variant, meaning: Meaning): string[] {
  const { operands } = encoding;
  const [destination] = operands;
  const general = /^rr?32$/.test(destination);
  const values = (general ? operands.slice(1) : operands).map((operand) => value(operand, variant));
  if (meaning.length === values.length + 2)
    values.push((isMmx(operands.find(isVector) ?? "", "reg") ? 2 : 4).toString());
  const call = `${meaning.name}(${["c", ...values].join(", ")})`;
  if (general) return [...before(encoding, variant), `c.r[${value(destination, variant)}] = ${call};`];
  const marked = isMmx(destination, variant) ? [`c.x[${value(destination, variant)} + 2] = 0xffff;`] : [];
  return [...before(encoding, variant), `${call};`, ...marked];
}

/** Element by element into locals; the register changes when no exception stops the instruction. */
function elements(encoding: Encoding, variant: Variant, meaning: Meaning): string[] {
  const { operands, row } = encoding;
  const wide = row.form.endsWith("64");
  const count = row.form.startsWith("scalar") ? 1 : wide ? 2 : 4;
  const step = wide ? 2 : 1;
  const unary = meaning.length === (wide ? 3 : 2);
  const word = (base: string, at: number): string => `x[${base}${at === 0 ? "" : ` + ${at}`}]`;
  const argument = (base: string, at: number): string =>
    wide ? `${word(base, at + 1)}, ${word(base, at)}` : word(base, at);
  const lines = [...before(encoding, variant), "const x = c.x;", "const f = begin(c);"];
  const results: string[] = [];
  lines.push(`const s = ${value(operands[1], variant)};`, "const d = o.reg;");
  for (let i = 0; i < count; i++) {
    const arguments_ = unary ? argument("s", i * step) : `${argument("d", i * step)}, ${argument("s", i * step)}`;
    const call = `${elementName(meaning.name)}(f, ${arguments_})`;
    if (wide) {
      lines.push(`${call};`, `const l${i} = f.w[LOW];`, `const h${i} = f.w[HIGH];`);
      results.push(`${word("d", 2 * i)} = l${i};`, `${word("d", 2 * i + 1)} = h${i};`);
    } else {
      lines.push(`const e${i} = ${call};`);
      results.push(`${word("d", i)} = e${i};`);
    }
  }
  return [...lines, "end(c);", ...results];
}

/** The functions that bodies may call, by module under src/. */
export const FLOAT_HELPERS: Readonly<Record<string, readonly string[]>> = {
  "isa/x87/binary": Object.values(X87_OPERANDS).concat("toRegisterAndPop"),
  "isa/mmx/operand": "enterMmx enterSse markMmx load16 load32 load64 load128 load128Unaligned".split(" "),
  "isa/sse/exception": ["begin", "end"],
  "softfloat/context": ["HIGH", "LOW"],
  "state/fpu": ["OPERAND"],
};

/** Statements that run an encoding of a float form. */
export function floatBody(encoding: Encoding, variant: Variant, meaning: Meaning): string[] {
  const { form } = encoding.row;
  if (form === "vector") return vector(encoding, variant, meaning);
  if (form !== "x87") return elements(encoding, variant, meaning);
  const operands = X87_OPERANDS[encoding.operands.join(", ")];
  const pops = encoding.opcode === POPPING_OPCODE && operands === "toRegister" ? "AndPop" : "";
  return [`${operands}${pops}(c, o, ${meaning.name});`];
}
