/**
 * A worker in a browser: disks in the origin private file system.
 *
 * Here: what runs inside the browser. Not here: starting one (→ run.ts).
 * @module
 */
import { createFileSystem, mountFileSystem, opfsDevice, type SyncAccessLike } from "../../src/index.ts";
import { blockDeviceCompliance } from "../../src/testing/index.ts";

/** The parts of the browser's interfaces that are used; the library of types here is not the browser's. */
interface Handle extends SyncAccessLike {
  truncate(size: number): void;
  close(): void;
}
interface Folder {
  getFileHandle(name: string, options: { create: boolean }): Promise<{ createSyncAccessHandle(): Promise<Handle> }>;
}
interface Scope {
  readonly navigator: { readonly storage: { getDirectory(): Promise<Folder> } };
  onmessage: (event: { readonly data: string }) => void;
  postMessage(said: string): void;
}

const scope = globalThis as unknown as Scope;
const SIZE = 8 << 20;
const TEXT = "what was fsynced is there in another page";

async function open(name: string): Promise<Handle> {
  const root = await scope.navigator.storage.getDirectory();
  return (await root.getFileHandle(name, { create: true })).createSyncAccessHandle();
}

const mounted = async (handle: Handle) =>
  (await mountFileSystem(opfsDevice(handle, SIZE), { arena: new Uint8Array(2 << 20), now: () => 0 }))._unsafeUnwrap();

const PHASES: Readonly<Record<string, () => Promise<string>>> = {
  async rules() {
    const handle = await open("rules");
    for (const { check } of blockDeviceCompliance) {
      handle.truncate(0);
      await check(opfsDevice(handle, SIZE));
    }
    handle.close();
    return `${blockDeviceCompliance.length} rules hold`;
  },
  /** Leaves the disk without an unmount. */
  async write() {
    const handle = await open("disk");
    await createFileSystem(opfsDevice(handle, SIZE), { arena: new Uint8Array(2 << 20), ident: 1, time: 0 });
    const fs = await mounted(handle);
    await fs.mkdir("/folder");
    await fs.writeFile("/folder/file", TEXT);
    const file = await fs.open("/folder/file", "r+");
    await file.sync();
    handle.close();
    return "written";
  },
  async read() {
    const handle = await open("disk");
    const fs = await mounted(handle);
    const text = await fs.readFile("/folder/file", "utf8");
    await fs.unmount();
    handle.close();
    return text === TEXT ? "read" : `WRONG: ${text}`;
  },
};

scope.onmessage = ({ data }) =>
  void PHASES[data]().then(
    (said) => scope.postMessage(said),
    (error: Error) => scope.postMessage(`WRONG: ${error.stack}`),
  );
