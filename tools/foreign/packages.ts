/**
 * Debian packages as files: the systems that foreign boots boot.
 *
 * Here: an index of architecture i386 beside the host's own, kept packages, what is in them. No root, nothing is installed.
 * @module
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const TRIES = 3;

/** The package index cannot be had here: there is nothing to boot. */
export class NoIndex extends Error {
  override readonly name: string = "NoIndex";
}

export class Packages {
  readonly #folder: string;
  readonly #options: readonly string[];
  #updated = false;

  /** `folder` keeps what has been fetched. */
  constructor(folder: string) {
    this.#folder = folder;
    const state = join(folder, "apt");
    mkdirSync(join(state, "lists/partial"), { recursive: true });
    mkdirSync(join(state, "cache/archives/partial"), { recursive: true });
    writeFileSync(join(state, "status"), "");
    const options = {
      "APT::Architecture": "i386",
      "APT::Architectures": "i386",
      "APT::Sandbox::User": "",
      "Dir::State": state,
      "Dir::State::status": join(state, "status"),
      "Dir::Cache": join(state, "cache"),
      "Acquire::Retries": "3",
    };
    this.#options = Object.entries(options).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
  }

  /** A file of a package; where `path` ends in `*`, the only one that begins so. @throws NoIndex, Error */
  file(name: string, path: string): Uint8Array {
    const folder = join(this.#folder, "unpacked", name);
    if (!existsSync(folder)) this.#unpack(name, folder);
    if (!path.endsWith("*")) return readFileSync(join(folder, path));
    const at = path.lastIndexOf("/");
    const prefix = path.slice(at + 1, -1);
    const found = readdirSync(join(folder, path.slice(0, at))).filter((file) => file.startsWith(prefix));
    if (found.length !== 1) throw new Error(`${name}: ${found.length} files are ${path}`);
    return readFileSync(join(folder, path.slice(0, at), found[0]));
  }

  /** Paths on the host of all a package's files whose names end so. @throws NoIndex, Error */
  files(name: string, end: string): readonly string[] {
    const folder = join(this.#folder, "unpacked", name);
    if (!existsSync(folder)) this.#unpack(name, folder);
    const all = readdirSync(folder, { recursive: true, encoding: "utf8" });
    return all.filter((file) => file.endsWith(end)).map((file) => join(folder, file));
  }

  /** What a package without files of its own depends on first: the newest kernel of a flavour. @throws NoIndex, Error */
  dependency(name: string): string {
    this.#update();
    const [, found] = /Depends: ([^\s:]+)/.exec(this.#run("apt-cache", ["depends", name])) ?? [];
    if (found === undefined) throw new Error(`${name} depends on nothing`);
    return found;
  }

  #unpack(name: string, folder: string): void {
    this.#update();
    const downloads = join(this.#folder, "downloads", name);
    rmSync(downloads, { recursive: true, force: true });
    mkdirSync(downloads, { recursive: true });
    const fetched = tries(() => this.#try("apt-get", ["download", "-qq", name], downloads).status === 0);
    const [archive] = readdirSync(downloads);
    if (!fetched || archive === undefined) throw new Error(`${name} is in the index and cannot be fetched`);
    mkdirSync(`${folder}.part`, { recursive: true });
    this.#run("dpkg-deb", ["-x", join(downloads, archive), `${folder}.part`], false);
    this.#run("mv", [`${folder}.part`, folder], false);
    rmSync(downloads, { recursive: true });
  }

  #update(): void {
    if (this.#updated) return;
    for (const tool of ["apt-get", "apt-cache", "dpkg-deb"])
      if (spawnSync(tool, ["--version"]).status !== 0) throw new NoIndex(`there is no ${tool}`);
    // A mirror that is being written may lack a part of the index; what counts is that the kernels are in the rest.
    const known = (): boolean => {
      this.#try("apt-get", ["update", "-qq"]);
      return /^Package: /m.test(this.#try("apt-cache", ["show", "linux-image-686"]).stdout);
    };
    if (!tries(known)) throw new NoIndex("the package index cannot be reached, or has no i386 kernels");
    this.#updated = true;
  }

  #try(program: string, words: readonly string[], folder?: string) {
    return spawnSync(program, [...this.#options, ...words], { encoding: "utf8", cwd: folder, maxBuffer: 1 << 26 });
  }

  #run(program: string, words: readonly string[], apt = true): string {
    const done = apt ? this.#try(program, words) : spawnSync(program, words, { encoding: "utf8" });
    if (done.status !== 0) throw new Error(`${program} ${words.join(" ")}: ${done.stderr}`);
    return done.stdout;
  }
}

function tries(work: () => boolean): boolean {
  for (let i = 0; i < TRIES; i++) if (work()) return true;
  return false;
}
