/**
 * The integer kernels of the bench guest as functions of a user program: identity page tables, CPL 3, called one by one.
 *
 * Here: loading and calling, in Node and in browsers alike. Not here: measuring (interpreter.ts, browser/).
 */
import {
  allocateMemory,
  EAX,
  EFLAGS,
  EIP,
  ESP,
  GuestMemory,
  Processor,
  type ProcessorOptions,
} from "../packages/ia32/src/index.ts";

const MEBIBYTE = 1 << 20;
const RAM = 64 * MEBIBYTE;
const PAGE_DIRECTORY = 60 * MEBIBYTE;
const STACK_TOP = 59 * MEBIBYTE;
const RETURN_ADDRESS = STACK_TOP + 16; // an INT3 lies there
const PRESENT_WRITABLE_USER = 7;
const BREAKPOINT = 3;

export interface Kernel {
  readonly name: string;
  readonly entry: number;
  readonly iterations: number;
}

/** The guest in a machine. */
export interface KernelMachine {
  readonly memory: GuestMemory;
  readonly processor: Processor;
  readonly kernels: readonly Kernel[];
}

/** How the machine is made. */
export interface KernelMachineOptions extends Pick<ProcessorOptions, "engine" | "jit"> {
  /** RAM is a SharedArrayBuffer; default true. */
  readonly shared?: boolean;
}

/** The bench guest in a fresh machine, identity-mapped. */
export function loadKernels(elf: Uint8Array, { shared = true, ...engine }: KernelMachineOptions = {}): KernelMachine {
  const memory = new GuestMemory(allocateMemory(RAM, shared), RAM);
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
  const processor = new Processor({ ...engine, memory, ports: { read: () => -1, write: () => {} } });
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
      const name = new TextDecoder("latin1").decode(elf.subarray(start, elf.indexOf(0, start)));
      if (name === wanted) return view.getUint32(at + 4, true);
    }
  }
  throw new Error(`the bench guest has no symbol ${wanted}`);
}

/** Prepares a call of the kernel with `iterations`. */
export function enterKernel({ memory, processor }: KernelMachine, { entry }: Kernel, iterations: number): void {
  const { registers } = processor;
  const stack = STACK_TOP - 8;
  memory.write32(stack, RETURN_ADDRESS);
  memory.write32(stack + 4, iterations);
  registers.fill(0);
  registers[ESP] = stack;
  registers[EIP] = entry;
  registers[EFLAGS] = 0x202;
}

/** Runs at most `budget` instructions of the call; its checksum once it has returned, before that undefined. */
export function runKernel({ processor }: KernelMachine, budget: number): number | undefined {
  const exit = processor.run(budget);
  if (exit.kind === "budget") return undefined;
  const { registers } = processor;
  if (exit.kind !== "exception" || exit.vector !== BREAKPOINT)
    throw new Error(`the kernel ended by ${exit.kind} ${exit.vector} at ${registers[EIP]!.toString(16)}`);
  return registers[EAX]! >>> 0;
}
