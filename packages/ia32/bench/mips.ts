// Guest instructions per second of the interpreter on the integer kernels of the bench guest.
//
//   node packages/ia32/bench/mips.ts [KERNEL,KERNEL…]
//
// Kernels run at CPL 3 behind identity page tables, each called as a C function that returns to an INT3.
import { readFileSync } from "node:fs";
import { allocateMemory, EAX, EIP, ESP, GuestMemory, Processor } from "../src/index.ts";

const MEBIBYTE = 1 << 20;
const RAM = 64 * MEBIBYTE;
const PAGE_DIRECTORY = 60 * MEBIBYTE;
const STACK = 59 * MEBIBYTE;
const SCALE = 40;

const elf = readFileSync(new URL("../../../bench/guest/bench.elf", import.meta.url));

const memory = new GuestMemory(allocateMemory(RAM), RAM);
for (let i = 0; i < elf.readUInt16LE(44); i++) {
  const at = elf.readUInt32LE(28) + 32 * i;
  const offset = elf.readUInt32LE(at + 4);
  if (elf.readUInt32LE(at) === 1)
    memory.writeBytes(elf.readUInt32LE(at + 12), elf.subarray(offset, offset + elf.readUInt32LE(at + 16)));
}
for (let frame = 0; frame < RAM >>> 12; frame++) {
  const table = PAGE_DIRECTORY + 0x1000 * (1 + (frame >>> 10));
  if (frame % 1024 === 0) memory.write32(PAGE_DIRECTORY + 4 * (frame >>> 10), table | 7);
  memory.write32(table + 4 * (frame & 1023), (frame << 12) | 7);
}
memory.write8(STACK + 64, 0xcc);

/** Value of a symbol of the guest. */
function symbol(wanted: string): number {
  const sections = elf.readUInt32LE(32);
  for (let i = 0; i < elf.readUInt16LE(48); i++) {
    const header = sections + 40 * i;
    if (elf.readUInt32LE(header + 4) !== 2) continue;
    const strings = elf.readUInt32LE(sections + 40 * elf.readUInt32LE(header + 24) + 16);
    const from = elf.readUInt32LE(header + 16);
    for (let at = from; at < from + elf.readUInt32LE(header + 20); at += 16) {
      const start = strings + elf.readUInt32LE(at);
      if (elf.toString("latin1", start, elf.indexOf(0, start)) === wanted) return elf.readUInt32LE(at + 4);
    }
  }
  throw new Error(`no symbol ${wanted}`);
}

const processor = new Processor({ memory, ports: { read: () => 0, write: () => {} } });
const flat = { base: 0, limit: 0xffffffff, dpl: 3 } as const;
processor.setDescriptor(1, { ...flat, kind: "code", readable: true });
processor.setDescriptor(2, { ...flat, kind: "data", writable: true });
processor.loadSegment("cs", 0x0b);
for (const name of ["ss", "ds", "es"] as const) processor.loadSegment(name, 0x13);
processor.setAddressSpace(PAGE_DIRECTORY, 0);
processor.setPaging(true);

const wanted = process.argv[2] === undefined || process.argv[2] === "all" ? undefined : process.argv[2].split(",");
let logSum = 0;
let count = 0;
const passes = Number(process.argv[3] ?? 1);
for (let pass = 1; pass <= passes; pass++)
  for (let row = symbol("kerns_int"); memory.read32(row) !== 0; row += 12) {
    const name = Buffer.from(memory.readBytes(memory.read32(row), 16))
      .toString("latin1")
      .split("\0")[0];
    if (wanted !== undefined && !wanted.includes(name)) continue;
    const { registers } = processor;
    registers.fill(0);
    registers[ESP] = STACK;
    registers[EIP] = memory.read32(row + 4);
    memory.write32(STACK, STACK + 64);
    memory.write32(STACK + 4, Math.max(1, Math.floor(memory.read32(row + 8) / SCALE)));
    const before = processor.retired;
    const start = process.threadCpuUsage().user;
    let exit = processor.run(1 << 20);
    while (exit.kind === "budget") exit = processor.run(1 << 20);
    const microseconds = process.threadCpuUsage().user - start;
    if (exit.vector !== 3) throw new Error(`${name}: ${JSON.stringify(exit)} at ${registers[EIP].toString(16)}`);
    const retired = processor.retired - before;
    console.log(
      String(pass).padEnd(2),
      name.padEnd(10),
      `${(retired / 1e6).toFixed(1).padStart(7)} M instructions`,
      `${(retired / microseconds).toFixed(1).padStart(7)} MIPS`,
      `checksum ${(registers[EAX] >>> 0).toString(16)}`,
    );
    if (pass === passes) logSum += Math.log(retired / microseconds);
    if (pass === passes) count++;
  }

console.log(`geometric mean ${Math.exp(logSum / count).toFixed(1)} MIPS`);
