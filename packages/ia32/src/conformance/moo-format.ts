/**
 * The MOO format: chunks of chunks, recorded on 80286 and 80386 processors.
 *
 * Here: bytes to tests, every length checked. Not here: running them (→ moo.ts).
 * Reference: MOO file format 1.1.
 * @module
 */
import { err, ok, type Result } from "neverthrow";

/** Registers by their names in the format: `ax` … `flags` or `cr0` … `dr7`. */
export type MooRegisters = Readonly<Record<string, number>>;

/** Registers and memory before or after a test. */
export interface MooState {
  readonly registers: MooRegisters;
  /** Bits of each register that are defined, where the file says so. */
  readonly masks: MooRegisters;
  /** Physical address and byte. */
  readonly ram: readonly (readonly [number, number])[];
}

/** One test. */
export interface MooTest {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly initial: MooState;
  readonly final: MooState;
  /** Number, and where its handler finds the flags on the stack. */
  readonly exception?: { readonly number: number; readonly flagsAt: number };
}

/** A file: the processor that it was recorded on, and its tests. */
export interface MooFile {
  /** For example `C286`. */
  readonly cpu: string;
  readonly tests: readonly MooTest[];
}

const REGISTERS_16 = "ax bx cx dx cs ss ds es sp bp si di ip flags".split(" ");
const REGISTERS_32 = "cr0 cr3 eax ebx ecx edx esi edi ebp esp cs ds es fs gs ss eip eflags dr6 dr7".split(" ");

class MooError extends Error {}

type Chunk = readonly [type: string, data: Uint8Array];

/** All tests of an unpacked file; the error says what is wrong with it. */
export function parseMoo(file: Uint8Array): Result<MooFile, string> {
  try {
    const [[type, header], ...rest] = chunks(file, "the file");
    if (type !== "MOO ") return err("it does not begin with a MOO chunk");
    if (header.length < 12) return err(`the MOO chunk has ${header.length} bytes, not 12`);
    if (header[0] !== 1) return err(`it has format version ${header[0]}.${header[1]}, not 1`);
    let masks: MooRegisters = {};
    const tests: MooTest[] = [];
    for (const [kind, data] of rest) {
      if (kind === "RMSK" || kind === "RM32") masks = registers(kind, data);
      if (kind === "TEST") tests.push(test(data, tests.length, masks));
    }
    const count = u32(header, 4);
    if (count !== tests.length) return err(`it has ${tests.length} tests and says ${count}`);
    return ok({ cpu: ascii(header.subarray(8, 12)).trim(), tests });
  } catch (error) {
    if (error instanceof MooError) return err(error.message);
    throw error;
  }
}

function test(data: Uint8Array, index: number, masks: MooRegisters): MooTest {
  const where = `test ${index}`;
  need(data, 4, where);
  const parts = new Map(chunks(data.subarray(4), where));
  const part = (name: string): Uint8Array => {
    const found = parts.get(name);
    if (found === undefined) throw new MooError(`${where} has no ${name.trim()} chunk`);
    return found;
  };
  const exception = parts.get("EXCP");
  if (exception !== undefined) need(exception, 5, `${where}, EXCP`);
  return {
    name: ascii(counted(parts.get("NAME") ?? new Uint8Array(4), where)),
    bytes: counted(part("BYTS"), where),
    initial: state(part("INIT"), where, {}),
    final: state(part("FINA"), where, masks),
    ...(exception ? { exception: { number: exception[0], flagsAt: u32(exception, 1) } } : {}),
  };
}

function state(data: Uint8Array, where: string, masksOfFile: MooRegisters): MooState {
  let values: MooRegisters = {};
  let masks = masksOfFile;
  const ram: [number, number][] = [];
  for (const [kind, bytes] of chunks(data, where)) {
    if (kind === "REGS" || kind === "RG32") values = registers(kind, bytes);
    if (kind === "RMSK" || kind === "RM32") masks = { ...masks, ...registers(kind, bytes) };
    if (kind !== "RAM ") continue;
    need(bytes, 4, `${where}, RAM`);
    const count = u32(bytes, 0);
    need(bytes, 4 + 5 * count, `${where}, RAM`);
    for (let at = 4; at < 4 + 5 * count; at += 5) ram.push([u32(bytes, at), bytes[at + 4]]);
  }
  return { registers: values, masks, ram };
}

/** `REGS` and `RMSK` have 16 bits for each register, `RG32` and `RM32` 32. */
function registers(kind: string, data: Uint8Array): MooRegisters {
  const wide = kind.endsWith("32");
  const size = wide ? 4 : 2;
  const names = wide ? REGISTERS_32 : REGISTERS_16;
  need(data, size, kind);
  const present = wide ? u32(data, 0) : u16(data, 0);
  const values: Record<string, number> = {};
  let at = size;
  for (const [bit, name] of names.entries()) {
    if (((present >>> bit) & 1) === 0) continue;
    need(data, at + size, kind);
    values[name] = wide ? u32(data, at) : u16(data, at);
    at += size;
  }
  return values;
}

function chunks(data: Uint8Array, where: string): Chunk[] {
  const list: Chunk[] = [];
  for (let at = 0; at < data.length; ) {
    need(data, at + 8, where);
    const end = at + 8 + u32(data, at + 4);
    need(data, end, where);
    list.push([ascii(data.subarray(at, at + 4)), data.subarray(at + 8, end)]);
    at = end;
  }
  if (list.length === 0) throw new MooError(`${where} is empty`);
  return list;
}

/** Bytes behind their own count. */
function counted(data: Uint8Array, where: string): Uint8Array {
  need(data, 4, where);
  need(data, 4 + u32(data, 0), where);
  return data.subarray(4, 4 + u32(data, 0));
}

function need(data: Uint8Array, length: number, where: string): void {
  if (data.length < length) throw new MooError(`${where} is cut off: ${data.length} bytes of ${length}`);
}

function u16(data: Uint8Array, at: number): number {
  return data[at] | (data[at + 1] << 8);
}

function u32(data: Uint8Array, at: number): number {
  return (u16(data, at) | (u16(data, at + 2) << 16)) >>> 0;
}

function ascii(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
