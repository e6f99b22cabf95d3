// MOO files: processor tests as nested chunks, version 1.1.
//
// Here: bytes → tests. Chunks that are not needed are skipped by their length. Not here: running them (→ machine.ts).
import { gunzipSync } from "node:zlib";

/** Register names of a REGS chunk, bit 0 first. */
export const MOO_REGISTERS = "ax bx cx dx cs ss ds es sp bp si di ip flags".split(
  " ",
) as readonly (keyof MooRegisters)[];

export interface MooRegisters {
  ax: number;
  bx: number;
  cx: number;
  dx: number;
  cs: number;
  ss: number;
  ds: number;
  es: number;
  sp: number;
  bp: number;
  si: number;
  di: number;
  ip: number;
  flags: number;
}

export interface MooState {
  /** Initial states have all of them, final states what changed. */
  readonly registers: Partial<MooRegisters>;
  readonly ram: readonly (readonly [address: number, byte: number])[];
}

export interface MooTest {
  readonly index: number;
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly initial: MooState;
  readonly final: MooState;
  readonly exception: { readonly vector: number; readonly flagsAddress: number } | null;
}

interface Chunk {
  readonly type: string;
  readonly data: DataView;
}

function chunks(view: DataView, from: number): Chunk[] {
  const found: Chunk[] = [];
  for (let at = from; at + 8 <= view.byteLength; ) {
    const type = String.fromCharCode(...[0, 1, 2, 3].map((i) => view.getUint8(at + i))).trimEnd();
    const length = view.getUint32(at + 4, true);
    if (at + 8 + length > view.byteLength) throw new RangeError(`chunk ${type} at ${at} is longer than what holds it`);
    found.push({ type, data: new DataView(view.buffer, view.byteOffset + at + 8, length) });
    at += 8 + length;
  }
  return found;
}

function readState(chunk: DataView): MooState {
  const registers: Partial<MooRegisters> = {};
  const ram: [number, number][] = [];
  for (const { type, data } of chunks(chunk, 0)) {
    if (type === "REGS") {
      const present = data.getUint16(0, true);
      let at = 2;
      MOO_REGISTERS.forEach((name, bit) => {
        if ((present & (1 << bit)) === 0) return;
        registers[name] = data.getUint16(at, true);
        at += 2;
      });
    } else if (type === "RAM") {
      const count = data.getUint32(0, true);
      for (let i = 0; i < count; i++) ram.push([data.getUint32(4 + 5 * i, true), data.getUint8(8 + 5 * i)]);
    }
  }
  return { registers, ram };
}

function readTest(chunk: DataView): MooTest {
  let name = "";
  let bytes: Uint8Array = new Uint8Array(0);
  let initial: MooState = { registers: {}, ram: [] };
  let final = initial;
  let exception: MooTest["exception"] = null;
  for (const { type, data } of chunks(chunk, 4)) {
    if (type === "NAME" || type === "BYTS") {
      const content = new Uint8Array(data.buffer, data.byteOffset + 4, data.getUint32(0, true));
      if (type === "NAME") name = String.fromCharCode(...content);
      else bytes = content;
    } else if (type === "INIT") initial = readState(data);
    else if (type === "FINA") final = readState(data);
    else if (type === "EXCP") exception = { vector: data.getUint8(0), flagsAddress: data.getUint32(1, true) };
  }
  return { index: chunk.getUint32(0, true), name, bytes, initial, final, exception };
}

/** The tests of a MOO file, compressed or not. */
export function readMoo(file: Uint8Array): MooTest[] {
  const plain = file[0] === 0x1f && file[1] === 0x8b ? gunzipSync(file) : file;
  const all = chunks(new DataView(plain.buffer, plain.byteOffset, plain.byteLength), 0);
  if (all[0]?.type !== "MOO") throw new RangeError("not a MOO file");
  return all.filter(({ type }) => type === "TEST").map(({ data }) => readTest(data));
}
