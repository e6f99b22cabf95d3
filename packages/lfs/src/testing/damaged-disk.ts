/**
 * A small disk with everything on it, and ways to damage it.
 *
 * Here: bytes for tests of damage. Not here: what is expected (`fsck/repair.test.ts`, `test/corrupt.test.ts`).
 * @module
 */
import { MemoryDisk } from "./memory-disk.ts";
import { newfs, Session } from "./session.ts";

function sample(): Uint8Array {
  const disk = new MemoryDisk(new Uint8Array(5 << 18));
  newfs(disk, new Uint8Array(2 << 20), { bsize: 4096, fsize: 512, ssize: 32768, ident: 5, time: 1 });
  const session = new Session(disk, new Uint8Array(1 << 20)).mount();
  session.mkdir("d");
  session.mkdir("d/e");
  for (let n = 0; n < 20; n++) session.write(`d/${n}`, n * 1000, new Uint8Array(3000 + n * 500).fill(n));
  session.symlink("d/1", "s");
  session.write("big", 0, new Uint8Array(90000).fill(1));
  session.sync();
  session.unlink("d/3");
  session.write("big", 5000, new Uint8Array(9000).fill(2));
  session.fsync("big");
  return disk.bytes;
}

/** Two directories, twenty files, a link, an indirect block; a log that goes on behind its checkpoint. */
export const SAMPLE: Uint8Array = sample();

/** Changes up to four places that matter: superblocks, and the log as far as it is written. Says which bytes. */
export function damage(bytes: Uint8Array, random: () => number): [from: number, to: number][] {
  const hits = 1 + Math.floor(random() * 4);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: hits }, () => {
    const at = 8192 + Math.floor(random() ** 2 * 400_000);
    const kind = Math.floor(random() * 4);
    const sector = at & ~511;
    if (kind === 0) bytes[at] ^= 1 << Math.floor(random() * 8);
    else if (kind === 1) view.setUint32(at & ~3, Math.floor(random() * 3000), true);
    else if (kind === 2) bytes.fill(0, sector, sector + 512);
    else view.setUint32(at & ~3, Math.floor(random() * 2 ** 32), true);
    return [sector, sector + 512];
  });
}
