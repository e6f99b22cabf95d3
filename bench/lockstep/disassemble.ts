// The instructions that a machine is about to execute, read through its page tables.
import { Decoder, DecoderOptions, Formatter, FormatterSyntax } from "iced-x86";
import type { PcSnapshot } from "../../apps/machine/src/pc/pc-machine.ts";

const CS = 1;
const EIP = 8;
const PRESENT = 1;
const LARGE = 0x80;
const PAE = 0x20;
const BYTES = 48;
const LINES = 6;

/** Physical address of a linear one, or −1. */
function translate({ state, ram }: PcSnapshot, linear: number): number {
  const { processor } = state;
  if (!processor.paging) return linear;
  const view = new DataView(ram.buffer, ram.byteOffset);
  const word = (at: number): number => (at + 4 <= ram.length ? view.getUint32(at, true) : 0);
  const pae = ((processor.system?.cr4 ?? 0) & PAE) !== 0;
  const size = pae ? 8 : 4;
  const directory = pae ? (processor.system?.pdpte[2 * (linear >>> 30)] ?? 0) : processor.pageDirectory;
  const shift = pae ? 21 : 22;
  const indexMask = pae ? 0x1ff : 0x3ff;
  const upper = word((directory & ~0xfff) + ((linear >>> shift) & indexMask) * size);
  if ((upper & PRESENT) === 0) return -1;
  const inside = (1 << shift) - 1;
  if (upper & LARGE) return ((upper & ~inside) >>> 0) + (linear & inside);
  const entry = word(((upper & ~0xfff) >>> 0) + ((linear >>> 12) & indexMask) * size);
  return entry & PRESENT ? ((entry & ~0xfff) >>> 0) + (linear & 0xfff) : -1;
}

/** Lines of the next few instructions. */
export function disassemble(snapshot: PcSnapshot): string[] {
  const { segments, registers } = snapshot.state.processor;
  const start = (segments[CS].base + registers[EIP]) >>> 0;
  const bytes = Uint8Array.from({ length: BYTES }, (_, i) => {
    const physical = translate(snapshot, (start + i) >>> 0);
    return physical < 0 ? 0 : snapshot.ram[physical];
  });
  const decoder = new Decoder(segments[CS].big ? 32 : 16, bytes, DecoderOptions.None);
  const formatter = new Formatter(FormatterSyntax.Nasm);
  decoder.ip = BigInt(start);
  const lines: string[] = [];
  while (decoder.canDecode && lines.length < LINES) {
    const instruction = decoder.decode();
    lines.push(`${Number(instruction.ip).toString(16)}  ${formatter.format(instruction)}`);
    instruction.free();
  }
  decoder.free();
  formatter.free();
  return lines;
}
