// A file system in a few maps, and the same calls on it and on ours: the oracle of the property tests.
import { type ErrorCode, fsck } from "../src/index.ts";
import { type MemoryDisk, Refused, type Session } from "../src/testing/index.ts";

interface ModelFile {
  bytes: Uint8Array;
  nlink: number;
}
type Node = ModelFile | Map<string, Node>;

export type ModelCall =
  | { readonly op: "create" | "mkdir" | "unlink" | "rmdir" | "fsync" | "read"; readonly path: string }
  | { readonly op: "rename" | "link"; readonly path: string; readonly to: string }
  | { readonly op: "write"; readonly path: string; readonly at: number; readonly length: number; readonly fill: number }
  | { readonly op: "truncate"; readonly path: string; readonly length: number }
  | { readonly op: "sync" }
  | { readonly op: "remount" }
  | { readonly op: "clean" };

type WriteCall = Extract<ModelCall, { op: "write" }>;
type TruncateCall = Extract<ModelCall, { op: "truncate" }>;

const isFile = (node: Node | undefined): node is ModelFile => node !== undefined && !(node instanceof Map);

/** Throws the code that a call is refused with. */
export class Model {
  root: Map<string, Node> = new Map();

  #find(path: string): Node {
    let at: Node = this.root;
    for (const part of path.split("/").filter((p) => p !== "")) {
      if (!(at instanceof Map)) throw "ENOTDIR" satisfies ErrorCode;
      const next: Node | undefined = at.get(part);
      if (next === undefined) throw "ENOENT" satisfies ErrorCode;
      at = next;
    }
    return at;
  }

  #split(path: string): [Map<string, Node>, string] {
    const cut = path.lastIndexOf("/");
    const parent = this.#find(path.slice(0, Math.max(0, cut)));
    if (!(parent instanceof Map)) throw "ENOTDIR" satisfies ErrorCode;
    return [parent, path.slice(cut + 1)];
  }

  apply(call: ModelCall): void {
    if (call.op === "sync" || call.op === "remount" || call.op === "clean") return;
    if (call.op === "fsync" || call.op === "read") {
      this.#find(call.path);
      return;
    }
    if (call.op === "write" || call.op === "truncate") {
      this.#resize(call);
      return;
    }
    if (call.op === "link") {
      const node = this.#find(call.path);
      const [parent, name] = this.#split(call.to);
      if (!isFile(node)) throw "EPERM" satisfies ErrorCode;
      if (parent.has(name)) throw "EEXIST" satisfies ErrorCode;
      node.nlink++;
      parent.set(name, node);
      return;
    }
    const [parent, name] = this.#split(call.path);
    const node = parent.get(name);
    if (call.op === "create" || call.op === "mkdir") {
      if (node !== undefined) throw "EEXIST" satisfies ErrorCode;
      parent.set(name, call.op === "mkdir" ? new Map() : { bytes: new Uint8Array(0), nlink: 1 });
    } else if (call.op === "rename") this.#rename(call.path, call.to);
    else if (node === undefined) throw "ENOENT" satisfies ErrorCode;
    else if (call.op === "unlink") {
      if (!isFile(node)) throw "EPERM" satisfies ErrorCode;
      node.nlink--;
      parent.delete(name);
    } else {
      if (isFile(node)) throw "ENOTDIR" satisfies ErrorCode;
      if (node.size > 0) throw "ENOTEMPTY" satisfies ErrorCode;
      parent.delete(name);
    }
  }

  #resize(call: WriteCall | TruncateCall): void {
    let node: Node | undefined;
    try {
      node = this.#find(call.path);
    } catch (code) {
      if (code !== "ENOENT" || call.op === "truncate") throw code;
      this.apply({ op: "create", path: call.path });
      node = this.#find(call.path);
    }
    if (!isFile(node)) throw "EISDIR" satisfies ErrorCode;
    const size = call.op === "write" ? Math.max(node.bytes.length, call.length && call.at + call.length) : call.length;
    const bytes = new Uint8Array(size);
    bytes.set(node.bytes.subarray(0, size));
    if (call.op === "write") bytes.fill(call.fill, call.at, call.at + call.length);
    node.bytes = bytes;
  }

  #rename(path: string, to: string): void {
    const [parent, name] = this.#split(path);
    const [toParent, toName] = this.#split(to);
    const node = parent.get(name);
    if (node === undefined) throw "ENOENT" satisfies ErrorCode;
    const target = toParent.get(toName);
    if (target === node) return;
    if (!isFile(node) && `${to}/`.startsWith(`${path}/`)) throw "EINVAL" satisfies ErrorCode;
    if (target !== undefined) {
      if (!isFile(node) && isFile(target)) throw "ENOTDIR" satisfies ErrorCode;
      if (isFile(node) && !isFile(target)) throw "EISDIR" satisfies ErrorCode;
      if (target instanceof Map && target.size > 0) throw "ENOTEMPTY" satisfies ErrorCode;
      if (isFile(target)) target.nlink--;
    }
    parent.delete(name);
    toParent.set(toName, node);
  }

  /** Path → contents, or "dir". */
  list(): Map<string, Uint8Array | "dir"> {
    const found = new Map<string, Uint8Array | "dir">();
    const visit = (path: string, node: Node): void => {
      found.set(path, isFile(node) ? node.bytes : "dir");
      if (!isFile(node)) for (const [name, below] of node) visit(path === "." ? name : `${path}/${name}`, below);
    };
    visit(".", this.root);
    return found;
  }
}

/** Does the call on ours; the code it is refused with, or undefined. */
export function perform(session: Session, call: ModelCall): ErrorCode | undefined {
  try {
    if (call.op === "remount") {
      session.unmount();
      session.mount();
    } else if (call.op === "clean") session.call({ name: "clean", args: [1] });
    else if (call.op === "sync") session.sync();
    else if (call.op === "write") session.write(call.path, call.at, new Uint8Array(call.length).fill(call.fill));
    else if (call.op === "truncate") session.truncate(call.path, call.length);
    else if (call.op === "rename" || call.op === "link") session[call.op](call.path, call.to);
    else if (call.op === "read") session.stat(call.path);
    else session[call.op](call.path);
  } catch (reason) {
    if (reason instanceof Refused) return reason.code;
    throw reason;
  }
}

/** Compares the whole tree; says the first difference. */
export function difference(session: Session, model: Model): string | undefined {
  const expected = model.list();
  for (const { path, attributes } of session.tree()) {
    const want = expected.get(path);
    if (want === undefined) return `${path} should not be there`;
    expected.delete(path);
    if ((attributes.mode >> 12 === 4) !== (want === "dir")) return `${path} has the wrong type`;
    if (want !== "dir" && Buffer.compare(session.read(path), want) !== 0) return `${path} has the wrong contents`;
  }
  const missing = [...expected.keys()][0];
  return missing === undefined ? undefined : `${missing} is missing`;
}

/** What the checker says first of the last checkpoint of a disk, or undefined. */
export function firstFinding(disk: MemoryDisk): string | undefined {
  const findings = fsck((offset, length) => disk.bytes.subarray(offset, offset + length));
  return findings.length === 0 ? undefined : `${findings[0].code}: ${findings[0].text} (${findings.length})`;
}
