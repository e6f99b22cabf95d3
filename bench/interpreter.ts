/**
 * Interpreter speed: MIPS of ours beside v86's with its compiler off, kernel by kernel, in one run.
 *
 * The integer kernels of the bench guest run at CPL 3 behind identity page tables here, and as a multiboot guest in v86; both run the same
 * machine code, so the instruction count (ours) serves both. Times are CPU time of the emulating thread. Kernels alternate between the two engines.
 * Here: measuring. Not here: printing (run.ts), the peer (v86.ts).
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { allocateMemory, EAX, EFLAGS, EIP, ESP, GuestMemory, Processor } from "../packages/ia32/src/index.ts";

/** One kernel on both engines; times in CPU milliseconds. */
export interface InterpreterRow {
  readonly kernel: string;
  readonly instructions: number;
  readonly ours: number;
  readonly v86: number;
  readonly checksumsAgree: boolean;
}

const MEBIBYTE = 1 << 20;
const RAM = 64 * MEBIBYTE;
const PAGE_DIRECTORY = 60 * MEBIBYTE;
const STACK_TOP = 59 * MEBIBYTE;
const RETURN_ADDRESS = STACK_TOP + 16; // an INT3 lies there
const SCALE = 20;
const FIRMWARE = "/usr/share/seabios/";
const PRESENT_WRITABLE_USER = 7;
const BREAKPOINT = 3;

interface Kernel {
  readonly name: string;
  readonly entry: number;
  readonly iterations: number;
}

/** The bench guest in a fresh machine, identity-mapped. */
function load(elf: Uint8Array): { memory: GuestMemory; processor: Processor; kernels: Kernel[] } {
  const memory = new GuestMemory(allocateMemory(RAM), RAM);
  const view = new DataView(elf.buffer, elf.byteOffset, elf.byteLength);
  const programHeaders = view.getUint32(28, true);
  for (let i = 0; i < view.getUint16(44, true); i++) {
    const at = programHeaders + 32 * i;
    const offset = view.getUint32(at + 4, true);
    if (view.getUint32(at, true) !== 1) continue;
    memory.writeBytes(view.getUint32(at + 12, true), elf.subarray(offset, offset + view.getUint32(at + 16, true)));
  }
  for (let frame = 0; frame < RAM >>> 12; frame++) {
    const table = PAGE_DIRECTORY + 0x1000 * (1 + (frame >>> 10));
    if (frame % 1024 === 0) memory.write32(PAGE_DIRECTORY + 4 * (frame >>> 10), table | PRESENT_WRITABLE_USER);
    memory.write32(table + 4 * (frame & 1023), (frame << 12) | PRESENT_WRITABLE_USER);
  }
  memory.write8(RETURN_ADDRESS, 0xcc);
  const processor = new Processor({ memory, ports: { read: () => -1, write: () => {} } });
  processor.setDescriptor(3, { base: 0, limit: 0xffffffff, kind: "code", readable: true, dpl: 3 });
  processor.setDescriptor(4, { base: 0, limit: 0xffffffff, kind: "data", writable: true, dpl: 3 });
  processor.loadSegment("cs", 0x1b);
  for (const segment of ["ss", "ds", "es"] as const) processor.loadSegment(segment, 0x23);
  processor.setAddressSpace(PAGE_DIRECTORY, 0);
  processor.setPaging(true);

  const kernels: Kernel[] = [];
  for (let row = symbol(view, elf, "kerns_int"); memory.read32(row) !== 0; row += 12) {
    let name = "";
    for (let at = memory.read32(row); memory.read8(at) !== 0; at++) name += String.fromCharCode(memory.read8(at));
    kernels.push({ name, entry: memory.read32(row + 4), iterations: memory.read32(row + 8) });
  }
  return { memory, processor, kernels };
}

function symbol(view: DataView, elf: Uint8Array, wanted: string): number {
  const sections = view.getUint32(32, true);
  for (let i = 0; i < view.getUint16(48, true); i++) {
    const header = sections + 40 * i;
    if (view.getUint32(header + 4, true) !== 2) continue; // SHT_SYMTAB
    const strings = view.getUint32(sections + 40 * view.getUint32(header + 24, true) + 16, true);
    const from = view.getUint32(header + 16, true);
    for (let at = from; at < from + view.getUint32(header + 20, true); at += 16) {
      const start = strings + view.getUint32(at, true);
      const name = Buffer.from(elf.subarray(start, elf.indexOf(0, start))).toString("latin1");
      if (name === wanted) return view.getUint32(at + 4, true);
    }
  }
  throw new Error(`the bench guest has no symbol ${wanted}`);
}

/** CPU time of this thread so far. */
export function cpuMilliseconds(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** Calls one kernel with `iterations`; returns its checksum, instructions and CPU time. */
function call({ memory, processor }: ReturnType<typeof load>, kernel: Kernel, iterations: number) {
  const { registers } = processor;
  const stack = STACK_TOP - 8;
  memory.write32(stack, RETURN_ADDRESS);
  memory.write32(stack + 4, iterations);
  registers.fill(0);
  registers[ESP] = stack;
  registers[EIP] = kernel.entry;
  registers[EFLAGS] = 0x202;
  const from = processor.retired;
  const start = cpuMilliseconds();
  let exit = processor.run(1 << 24);
  while (exit.kind !== "exception") exit = processor.run(1 << 24);
  const time = cpuMilliseconds() - start;
  if (exit.vector !== BREAKPOINT)
    throw new Error(`${kernel.name}: exception ${exit.vector} at ${registers[EIP]!.toString(16)}`);
  return { checksum: registers[EAX]! >>> 0, instructions: processor.retired - from, time };
}

/** v86 with its compiler off on one kernel: checksum and CPU milliseconds of its second run. */
function peer(kernel: string): { checksum: number; time: number } {
  const script = fileURLToPath(new URL("v86.ts", import.meta.url));
  const output = execFileSync(process.execPath, [script, `bench=${kernel}+2+${SCALE}`, "nojit", FIRMWARE], {
    encoding: "utf8",
    timeout: 600_000,
  });
  let start = 0;
  let result = { checksum: 0, time: Number.POSITIVE_INFINITY };
  for (const line of output.split("\n")) {
    const [text = "", microseconds = ""] = line.split(" @");
    const words = text.split(" ");
    if (words[0] === "B") start = Number.parseInt(microseconds, 10);
    if (words[0] === "E")
      result = { checksum: Number.parseInt(words[3]!, 16), time: (Number.parseInt(microseconds, 10) - start) / 1000 };
  }
  return result;
}

/** Runs every integer kernel on both engines. `kernels` filters by name. */
export function measureInterpreter(kernels?: readonly string[]): InterpreterRow[] {
  if (!existsSync(`${FIRMWARE}bios.bin`)) {
    throw new Error(`v86 needs a BIOS: install Debian's package seabios (looked for ${FIRMWARE}bios.bin)`);
  }
  const elf = readFileSync(new URL("guest/bench.elf", import.meta.url));
  const machine = load(elf);
  return machine.kernels
    .filter(({ name }) => kernels === undefined || kernels.includes(name))
    .map((kernel) => {
      const iterations = Math.max(1, Math.floor(kernel.iterations / SCALE));
      call(machine, kernel, iterations); // the second run counts, on both engines
      const mine = call(machine, kernel, iterations);
      const theirs = peer(kernel.name);
      return {
        kernel: kernel.name,
        instructions: mine.instructions,
        ours: mine.time,
        v86: theirs.time,
        checksumsAgree: mine.checksum === theirs.checksum,
      };
    });
}
