/**
 * What an ELF file was made from, as hashes: how a stale one is found without a compiler.
 *
 * Here: the files a program is made of (headers included transitively) and the manifest they are written to.
 * Not here: the list of programs (→ programs.ts), compiling (→ build.mjs).
 * @module
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { COMPILER, CXX_FLAGS, FLAGS, type GuestLibrary, type GuestProgram, LINK_FLAGS, PROGRAMS } from "./programs.ts";

/** What `prebuilt/manifest.json` says of one ELF file; all hashes are sha256 in hex. */
export interface ManifestEntry {
  /** Of the compiler's version and all flags. */
  readonly build: string;
  /** Of each source, header and link script, by path from the repository's root. */
  readonly files: Readonly<Record<string, string>>;
  /** Of the ELF file. */
  readonly elf: string;
}

/** `prebuilt/manifest.json`: file name → entry. */
export type Manifest = Readonly<Record<string, ManifestEntry>>;

/** sha256 in hex. */
export const sha256 = (bytes: string | Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** The packages that hold ELF files. */
export const guestPackages = (): readonly string[] => [...new Set(PROGRAMS.map((program) => program.package))];

/** Every object of a program in link order: the libraries come last, so that a program's own symbols come first. */
export const objectsOf = (program: GuestProgram): readonly string[] => [
  ...program.sources,
  ...program.kind.libraries.flatMap((library) => library.sources),
];

/** A name for the object that a program has of a source: its own sources may have flags of their own. */
export const objectName = ({ name, sources, compileFlags }: GuestProgram, source: string): string =>
  compileFlags !== undefined && sources.includes(source) ? `${name}/${source}` : source;

const INCLUDE = /^\s*#\s*include\s+(?:"([^"]+)"|(<[^>]+>))/gm;

function includesOf(root: string, file: string, libraries: readonly GuestLibrary[]): string[] {
  const text = readFileSync(join(root, file), "utf8");
  return [...text.matchAll(INCLUDE)].map(([, name, system]) => {
    if (system !== undefined) throw new Error(`${file} includes ${system}: guests are freestanding, use "quotes"`);
    const places = [dirname(file), ...libraries.map((library) => library.include)];
    const found = places.map((place) => normalize(join(place, name!))).find((path) => existsSync(join(root, path)));
    if (found === undefined) throw new Error(`${file} includes "${name}", which is in none of: ${places.join(", ")}`);
    return found;
  });
}

/**
 * Hashes of everything `program` is made of.
 * @param root the repository's root directory
 * @throws Error when a source or header is missing
 */
export function filesOf(root: string, program: GuestProgram): Record<string, string> {
  const seen = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const included of includesOf(root, file, program.kind.libraries)) visit(included);
  };
  for (const source of objectsOf(program)) visit(source);
  seen.add(program.kind.linkScript);
  return Object.fromEntries([...seen].sort().map((file) => [file, sha256(readFileSync(join(root, file)))]));
}

/** Hash of what is not a file: compiler and flags. */
export const buildHash = ({ kind, linkFlags = [], compileFlags = [] }: GuestProgram): string =>
  sha256(JSON.stringify([COMPILER, FLAGS, CXX_FLAGS, LINK_FLAGS, kind, linkFlags, ...compileFlags]));
