/**
 * ELF32 as it lies in a file: the records and numbers that a loader needs.
 *
 * Here: field names and values as in the gABI and the i386 supplement.
 * Not here: what a well-formed program is (`parse.ts`), names of addresses (`symbols.ts`).
 * Reference: System V ABI, "Object Files" chapter 4 (ELF header, sections, symbols) and 5 (segments).
 * @module
 */
import { type Struct, struct, u8, u16, u32, words } from "@kintsugi/records";

/** "\x7fELF" as a little-endian word: e_ident[EI_MAG0…EI_MAG3]. */
export const ELFMAG = 0x464c457f;
/** Second word of e_ident for EI_CLASS ELFCLASS32, EI_DATA ELFDATA2LSB, EI_VERSION EV_CURRENT: its low three bytes. */
export const ELFCLASS32 = 1;
export const ELFDATA2LSB = 1;
export const EV_CURRENT = 1;
export const ET_EXEC = 2;
export const EM_386 = 3;

export const PT_LOAD = 1;
export const PT_DYNAMIC = 2;
export const PT_INTERP = 3;

/** Segment rights; the same bits as the rights of an X.2 fpage. Arc's own PF_PERSISTENT stands in `../protocol`. */
export const PF_X = 1;
export const PF_W = 2;
export const PF_R = 4;

export const SHT_SYMTAB = 2;
export const STT_NOTYPE = 0;
export const STT_OBJECT = 1;
export const STT_FUNC = 2;

type Elf32EhdrFields = {
  readonly e_magic: "u32";
  readonly e_class: "u8";
  readonly e_data: "u8";
  readonly e_identVersion: "u8";
  readonly e_osabi: "u8";
  readonly e_pad: "words[2]";
  readonly e_type: "u16";
  readonly e_machine: "u16";
  readonly e_version: "u32";
  readonly e_entry: "u32";
  readonly e_phoff: "u32";
  readonly e_shoff: "u32";
  readonly e_flags: "u32";
  readonly e_ehsize: "u16";
  readonly e_phentsize: "u16";
  readonly e_phnum: "u16";
  readonly e_shentsize: "u16";
  readonly e_shnum: "u16";
  readonly e_shstrndx: "u16";
};

/** The ELF header, 52 bytes at offset 0. e_ident is spread over its first six fields. */
export const Elf32Ehdr: Struct<Elf32EhdrFields> = struct({
  e_magic: u32,
  e_class: u8,
  e_data: u8,
  e_identVersion: u8,
  e_osabi: u8,
  e_pad: words(2),
  e_type: u16,
  e_machine: u16,
  e_version: u32,
  e_entry: u32,
  e_phoff: u32,
  e_shoff: u32,
  e_flags: u32,
  e_ehsize: u16,
  e_phentsize: u16,
  e_phnum: u16,
  e_shentsize: u16,
  e_shnum: u16,
  e_shstrndx: u16,
});

type Elf32PhdrFields = Readonly<
  Record<"p_type" | "p_offset" | "p_vaddr" | "p_paddr" | "p_filesz" | "p_memsz" | "p_flags" | "p_align", "u32">
>;

/** A program header, 32 bytes. */
export const Elf32Phdr: Struct<Elf32PhdrFields> = struct({
  p_type: u32,
  p_offset: u32,
  p_vaddr: u32,
  p_paddr: u32,
  p_filesz: u32,
  p_memsz: u32,
  p_flags: u32,
  p_align: u32,
});

type Elf32ShdrFields = Readonly<
  Record<
    | "sh_name"
    | "sh_type"
    | "sh_flags"
    | "sh_addr"
    | "sh_offset"
    | "sh_size"
    | "sh_link"
    | "sh_info"
    | "sh_addralign"
    | "sh_entsize",
    "u32"
  >
>;

/** A section header, 40 bytes. */
export const Elf32Shdr: Struct<Elf32ShdrFields> = struct({
  sh_name: u32,
  sh_type: u32,
  sh_flags: u32,
  sh_addr: u32,
  sh_offset: u32,
  sh_size: u32,
  sh_link: u32,
  sh_info: u32,
  sh_addralign: u32,
  sh_entsize: u32,
});

type Elf32SymFields = {
  readonly st_name: "u32";
  readonly st_value: "u32";
  readonly st_size: "u32";
  readonly st_info: "u8";
  readonly st_other: "u8";
  readonly st_shndx: "u16";
};

/** A symbol, 16 bytes. */
export const Elf32Sym: Struct<Elf32SymFields> = struct({
  st_name: u32,
  st_value: u32,
  st_size: u32,
  st_info: u8,
  st_other: u8,
  st_shndx: u16,
});
