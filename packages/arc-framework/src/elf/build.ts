/**
 * From segments to an ELF file: the inverse of the parser.
 *
 * Here: a file as the parser reads it, for programs assembled by hand and for the parser's own proof.
 * Not here: a linker; the caller says where everything lies.
 * @module
 */

import { PF_PERSISTENT } from "../protocol/address-space.ts";
import {
  ELFCLASS32,
  ELFDATA2LSB,
  ELFMAG,
  Elf32Ehdr,
  Elf32Phdr,
  Elf32Shdr,
  Elf32Sym,
  EM_386,
  ET_EXEC,
  EV_CURRENT,
  PT_LOAD,
  SHT_SYMTAB,
} from "./format.ts";

/** A segment with its contents. */
export interface SegmentToBuild {
  readonly address: number;
  readonly bytes: Uint8Array;
  /** Bytes in memory; those beyond `bytes` are zero. Default: as many as in the file. */
  readonly memorySize?: number;
  /** PF_R, PF_W, PF_X. */
  readonly rights: number;
  readonly persistent?: boolean;
}

/** A symbol to write: `info` is st_info, type and binding. */
export interface SymbolToBuild {
  readonly name: string;
  readonly address: number;
  readonly size: number;
  readonly info: number;
}

/** Headers, segments one after the other, then the symbols where there are any. */
export function buildElf(
  entry: number,
  segments: readonly SegmentToBuild[],
  symbols: readonly SymbolToBuild[] = [],
): Uint8Array {
  const names = symbols.map((symbol) => `${symbol.name}\0`);
  const strings = Uint8Array.from(names.length === 0 ? "" : `\0${names.join("")}`, (c) => c.charCodeAt(0));
  const contents = segments.reduce((sum, segment) => sum + segment.bytes.length, 0);
  const data = Elf32Ehdr.size + segments.length * Elf32Phdr.size;
  const table = data + contents;
  const tableSize = symbols.length * Elf32Sym.size;
  const sections = table + tableSize + strings.length;
  const bytes = new Uint8Array(sections + (symbols.length === 0 ? 0 : 3 * Elf32Shdr.size));
  const view = new DataView(bytes.buffer);
  Elf32Ehdr.write(view, 0, {
    e_magic: ELFMAG,
    e_class: ELFCLASS32,
    e_data: ELFDATA2LSB,
    e_identVersion: EV_CURRENT,
    e_type: ET_EXEC,
    e_machine: EM_386,
    e_version: EV_CURRENT,
    e_entry: entry,
    e_phoff: Elf32Ehdr.size,
    e_ehsize: Elf32Ehdr.size,
    e_phentsize: Elf32Phdr.size,
    e_phnum: segments.length,
    e_shoff: symbols.length === 0 ? 0 : sections,
    e_shentsize: Elf32Shdr.size,
    e_shnum: symbols.length === 0 ? 0 : 3,
  });
  let offset = data;
  for (const [i, segment] of segments.entries()) {
    Elf32Phdr.write(view, Elf32Ehdr.size + i * Elf32Phdr.size, {
      p_type: PT_LOAD,
      p_offset: offset,
      p_vaddr: segment.address,
      p_paddr: segment.address,
      p_filesz: segment.bytes.length,
      p_memsz: segment.memorySize ?? segment.bytes.length,
      p_flags: segment.rights | (segment.persistent === true ? PF_PERSISTENT : 0),
      p_align: 1,
    });
    bytes.set(segment.bytes, offset);
    offset += segment.bytes.length;
  }
  if (symbols.length === 0) return bytes;
  let name = 1;
  for (const [i, symbol] of symbols.entries()) {
    Elf32Sym.write(view, table + i * Elf32Sym.size, {
      st_name: name,
      st_value: symbol.address,
      st_size: symbol.size,
      st_info: symbol.info,
      st_shndx: 1,
    });
    name += symbol.name.length + 1;
  }
  bytes.set(strings, table + tableSize);
  Elf32Shdr.write(view, sections + Elf32Shdr.size, {
    sh_type: SHT_SYMTAB,
    sh_offset: table,
    sh_size: tableSize,
    sh_link: 2,
    sh_entsize: Elf32Sym.size,
  });
  Elf32Shdr.write(view, sections + 2 * Elf32Shdr.size, { sh_offset: table + tableSize, sh_size: strings.length });
  return bytes;
}
