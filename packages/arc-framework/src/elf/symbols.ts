/**
 * Names of addresses, from the symbol table of an ELF file.
 *
 * Here: reading `.symtab` and finding the symbol that an address belongs to.
 * Not here: loading (`parse.ts`); the loader never needs symbols, the fault injector and traces do.
 * Reference: System V ABI, chapter 4, "Symbol Table".
 * @module
 */
import { err, ok, type Result } from "neverthrow";
import type { ElfError } from "./error.ts";
import { ELFMAG, Elf32Ehdr, Elf32Shdr, Elf32Sym, SHT_SYMTAB, STT_FUNC, STT_NOTYPE, STT_OBJECT } from "./format.ts";

/** A named address. */
export interface ElfSymbol {
  readonly name: string;
  readonly address: number;
  /** Bytes; 0 where the assembler did not say. */
  readonly size: number;
  readonly kind: "function" | "object" | "label";
}

const KINDS: ReadonlyMap<number, ElfSymbol["kind"]> = new Map([
  [STT_FUNC, "function"],
  [STT_OBJECT, "object"],
  [STT_NOTYPE, "label"],
]);

const SHN_UNDEF = 0;
const SHN_LORESERVE = 0xff00;

/**
 * The functions, objects and labels that the file defines, by rising address. None for a stripped file.
 * @param bytes the whole file
 */
export function symbols(bytes: Uint8Array): Result<readonly ElfSymbol[], ElfError> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const bad = (what: string): Result<never, ElfError> =>
    err({ code: "bad-symbols", text: `${what}; build the program again or strip it` });
  if (bytes.length < Elf32Ehdr.size || view.getUint32(0, true) !== ELFMAG) return bad("no ELF file");
  const header = Elf32Ehdr.read(view, 0);
  if (header.e_shoff === 0 || header.e_shnum === 0) return ok([]);
  if (header.e_shentsize !== Elf32Shdr.size || header.e_shoff + header.e_shnum * Elf32Shdr.size > bytes.length)
    return bad("the section headers lie outside the file");
  const section = (i: number) => Elf32Shdr.read(view, header.e_shoff + i * Elf32Shdr.size);
  const found: ElfSymbol[] = [];
  for (let i = 0; i < header.e_shnum; i++) {
    const table = section(i);
    if (table.sh_type !== SHT_SYMTAB) continue;
    if (table.sh_link >= header.e_shnum) return bad("the symbol table names no string table");
    const strings = section(table.sh_link);
    if (table.sh_offset + table.sh_size > bytes.length || strings.sh_offset + strings.sh_size > bytes.length)
      return bad("the symbol table lies outside the file");
    const names = bytes.subarray(strings.sh_offset, strings.sh_offset + strings.sh_size);
    for (let at = 0; at + Elf32Sym.size <= table.sh_size; at += Elf32Sym.size) {
      const symbol = Elf32Sym.read(view, table.sh_offset + at);
      const kind = KINDS.get(symbol.st_info & 0xf);
      if (kind === undefined || symbol.st_shndx === SHN_UNDEF || symbol.st_shndx >= SHN_LORESERVE) continue;
      const name = nameAt(names, symbol.st_name);
      if (name !== "") found.push({ name, address: symbol.st_value, size: symbol.st_size, kind });
    }
  }
  return ok(found.sort((a, b) => a.address - b.address));
}

/** The NUL-terminated name at an offset; empty when it lies outside the table. */
function nameAt(names: Uint8Array, at: number): string {
  let name = "";
  for (let i = at; i < names.length && names[i] !== 0; i++) name += String.fromCharCode(names[i]!);
  return name;
}

/**
 * The symbol that an address belongs to: the last at or below it, if its size (when it has one) reaches there.
 * @param sorted as {@link symbols} gives them
 */
export function symbolAt(sorted: readonly ElfSymbol[], address: number): ElfSymbol | undefined {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]!.address <= address) low = middle + 1;
    else high = middle;
  }
  const symbol = sorted[low - 1];
  if (symbol === undefined || (symbol.size !== 0 && address >= symbol.address + symbol.size)) return undefined;
  return symbol;
}
