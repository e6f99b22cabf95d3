/**
 * Repair: names. Every directory is made good, everything gets a name, links are counted again.
 *
 * Here: the walk from the root, `lost+found`, link counts. Not here: blocks (`salvage.ts`). A file that
 * nothing names goes to `/lost+found` as `#` and its number; an entry falls that names nothing, a name that
 * is there already, or a directory that has a name already.
 * @module
 */
import { LFS_FIRST_INUM, S_IFDIR, ULFS_ROOTINO } from "../format/constants.ts";
import { DIRBLKSIZ, direntName, direntSize, readDirent, writeDirent } from "../format/dirent.ts";
import { isDirectory, type Salvage, type SalvagedFile } from "./salvage.ts";

interface Entry {
  ino: number;
  readonly type: number;
  readonly name: string;
}

const bytesOf = (name: string): Uint8Array => Uint8Array.from(name, (c) => c.charCodeAt(0));

/** Makes the tree good; afterwards `nlink` of every file is the count of its names. */
export function repairTree(salvage: Salvage): void {
  new TreeRepair(salvage).run();
}

class TreeRepair {
  readonly #s: Salvage;
  readonly #entries = new Map<number, Entry[]>();
  readonly #parents = new Map<number, number>();
  readonly #links = new Map<number, number>();
  readonly #changed = new Set<number>();

  constructor(salvage: Salvage) {
    this.#s = salvage;
  }

  run(): void {
    const { files } = this.#s;
    const root = files.get(ULFS_ROOTINO);
    if (root === undefined || !isDirectory(root)) {
      if (root !== undefined) this.#s.lose("directory", "the root was no directory; what it was is gone");
      else this.#s.lose("directory", "the root is gone");
      this.#makeDirectory(ULFS_ROOTINO);
    }
    this.#walk(ULFS_ROOTINO, ULFS_ROOTINO);
    this.#nameTheRest();
    for (const ino of this.#changed) this.#write(files.get(ino) as SalvagedFile);
    for (const file of files.values()) file.nlink = this.#links.get(file.ino) ?? 0;
  }

  #count(ino: number): void {
    this.#links.set(ino, (this.#links.get(ino) ?? 0) + 1);
  }

  /** The directories under one that has been given its parent. */
  #walk(top: number, parent: number): void {
    const stack: [ino: number, parent: number][] = [[top, parent]];
    this.#parents.set(top, parent);
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      const [ino, above] = next;
      const kept: Entry[] = [];
      const names = new Set<string>();
      const read = this.#read(this.#s.files.get(ino) as SalvagedFile);
      const specials = read.slice(0, 2).map((e) => `${e.name}:${e.ino}:${e.type}`);
      if (specials[0] !== `.:${ino}:4` || specials[1] !== `..:${above}:4`) this.#changed.add(ino);
      this.#count(ino);
      this.#count(above);
      for (const [n, entry] of read.entries()) {
        if (entry.name === "." || entry.name === "..") {
          if (n > 1) this.#changed.add(ino);
          continue;
        }
        const target = this.#s.files.get(entry.ino) ?? this.#s.revive(entry.ino);
        const second = target !== undefined && isDirectory(target) && this.#parents.has(entry.ino);
        if (target === undefined || second || names.has(entry.name) || /^$|[/\0]/.test(entry.name)) {
          this.#s.lose("directory", `${entry.name} in ${ino} is no name of a file`);
          this.#changed.add(ino);
          continue;
        }
        if (entry.type !== target.di.di_mode >> 12) this.#changed.add(ino);
        names.add(entry.name);
        kept.push({ ...entry, type: target.di.di_mode >> 12 });
        this.#count(entry.ino);
        if (isDirectory(target)) {
          this.#parents.set(entry.ino, ino);
          stack.push([entry.ino, ino]);
        }
      }
      this.#entries.set(ino, kept);
    }
  }

  #read(file: SalvagedFile): Entry[] {
    const { bsize } = this.#s.image.g;
    const list: Entry[] = [];
    if (file.size === 0) this.#changed.add(file.ino);
    for (let lbn = 0; lbn * bsize < file.size; lbn++) {
      if (!file.blocks.has(lbn) && !file.fresh.has(lbn)) this.#changed.add(file.ino);
      const block = this.#s.data(file, lbn);
      const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
      const end = Math.min(block.length, file.size - lbn * bsize);
      for (let chunk = 0; chunk < end; chunk += DIRBLKSIZ)
        for (let at = chunk; at < chunk + DIRBLKSIZ; ) {
          const entry = readDirent(view, at, chunk + DIRBLKSIZ);
          if (entry === undefined) {
            this.#s.lose("directory", `${file.ino} is broken at ${lbn * bsize + at}`);
            this.#changed.add(file.ino);
            break;
          }
          at += entry.reclen;
          const name = String.fromCharCode(...direntName(block, entry));
          if (entry.ino !== 0) list.push({ ino: entry.ino, type: entry.type, name });
        }
    }
    return list;
  }

  /** Directories first, those that no other lost directory names; then what is still without a name. */
  #nameTheRest(): void {
    const unnamed = (): number[] => [...this.#s.files.keys()].filter((ino) => !this.#links.has(ino));
    const directories = (list: number[]): SalvagedFile[] =>
      list.map((ino) => this.#s.files.get(ino) as SalvagedFile).filter(isDirectory);
    const inner = new Set<number>();
    for (const file of directories(unnamed()))
      for (const { ino, name } of this.#read(file))
        if (name !== "." && name !== ".." && ino !== file.ino) inner.add(ino);
    for (const file of directories(unnamed())) if (!inner.has(file.ino)) this.#attach(file.ino);
    // Rings of directories that name each other: each is opened at its first member.
    for (let left = directories(unnamed()); left.length > 0; left = directories(unnamed())) this.#attach(left[0].ino);
    for (const ino of unnamed()) this.#attach(ino);
  }

  #attach(ino: number): void {
    const file = this.#s.files.get(ino) as SalvagedFile;
    if (this.#links.has(ino)) return;
    const home = this.#lostAndFound();
    this.#entries.get(home)?.push({ ino, type: file.di.di_mode >> 12, name: `#${ino}` });
    this.#changed.add(home);
    this.#count(ino);
    if (isDirectory(file)) this.#walk(ino, home);
  }

  #lostAndFound(): number {
    const top = this.#entries.get(ULFS_ROOTINO) as Entry[];
    const there = top.find(({ name }) => name === "lost+found");
    if (there?.type === S_IFDIR >> 12) return there.ino;
    let ino = LFS_FIRST_INUM;
    while (this.#s.files.has(ino)) ino++;
    this.#makeDirectory(ino);
    if (there !== undefined) top.splice(top.indexOf(there), 1, { ...there, name: `#${there.ino}` });
    top.push({ ino, type: S_IFDIR >> 12, name: "lost+found" });
    this.#changed.add(ULFS_ROOTINO);
    this.#count(ino);
    this.#walk(ino, ULFS_ROOTINO);
    return ino;
  }

  #makeDirectory(ino: number): void {
    const like = this.#s.files.get(ULFS_ROOTINO)?.di ?? this.#s.image.ifile;
    const { if_version: generation } = this.#s.image.ifileEntry(ino);
    const di = { ...like, di_inumber: ino, di_mode: S_IFDIR | 0o755, di_flags: 0, di_gen: Math.max(1, generation) };
    this.#s.files.set(ino, { ino, di, size: 0, nlink: 2, blocks: new Map(), fresh: new Map() });
  }

  /** The directory with its entries, packed; all its blocks are new. */
  #write(file: SalvagedFile): void {
    const { g } = this.#s.image;
    const parent = this.#parents.get(file.ino) as number;
    const list = [
      { ino: file.ino, type: 4, name: "." },
      { ino: parent, type: 4, name: ".." },
    ].concat(this.#entries.get(file.ino) as Entry[]);
    const chunks: Entry[][] = [[]];
    let used = 0;
    for (const entry of list) {
      const size = direntSize(entry.name.length);
      if (used + size > DIRBLKSIZ) {
        chunks.push([]);
        used = 0;
      }
      chunks[chunks.length - 1].push(entry);
      used += size;
    }
    const bytes = new Uint8Array(Math.ceil((chunks.length * DIRBLKSIZ) / g.bsize) * g.bsize);
    for (const [n, chunk] of chunks.entries()) {
      let at = n * DIRBLKSIZ;
      for (const [index, { ino, type, name }] of chunk.entries()) {
        const size = index === chunk.length - 1 ? (n + 1) * DIRBLKSIZ - at : direntSize(name.length);
        writeDirent(bytes, at, ino, size, type, bytesOf(name));
        at += size;
      }
    }
    file.size = chunks.length * DIRBLKSIZ;
    file.blocks.clear();
    file.fresh.clear();
    for (let lbn = 0; lbn * g.bsize < file.size; lbn++)
      file.fresh.set(lbn, bytes.subarray(lbn * g.bsize, (lbn + 1) * g.bsize));
  }
}
