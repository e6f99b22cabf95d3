// The foreign images beside this file, unpacked, and what their own system lists.
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

const at = (name: string): URL => new URL(`./images/${name}`, import.meta.url);

export function image(name: string): Uint8Array {
  return new Uint8Array(gunzipSync(readFileSync(at(`${name}.img.gz`))));
}

/** One line of a listing: mode, links, size, path. */
export interface Listed {
  readonly ino: number;
  readonly mode: number;
  readonly nlink: number;
  readonly size: number;
  readonly path: string;
}

export function listing(name: string): Listed[] {
  return readFileSync(at(`${name}.ls`), "utf8")
    .split("\n")
    .map((line) => /^\s*(\d+) (\d+)\s+(\d+)\s+(\d+)\s.*\s\.\/(\S+)$/.exec(line))
    .filter((match) => match !== null)
    .map(([, ino, mode, nlink, size, path]) => ({
      ino: Number(ino),
      mode: Number.parseInt(mode, 8),
      nlink: Number(nlink),
      size: Number(size),
      path,
    }))
    .filter(({ path }) => !/(^|\/)\.\.?$/.test(path))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}
