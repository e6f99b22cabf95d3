// Every object is dropped at every device request, and another attached to a copy of the arena: same disk.
import { expect, test } from "vitest";
import { Lfs } from "../src/index.ts";
import { MemoryDisk, newfs, Session, serve } from "../src/testing/index.ts";
import { image } from "./images.ts";

/** A session whose file system is rebuilt from the arena's bytes alone at every device request. */
function fragile(disk: MemoryDisk, size: number): { session: Session; requests: () => number } {
  let arena = new Uint8Array(size);
  let requests = 0;
  const session = new Session(disk, arena);
  session.run = (request) => {
    let lfs = new Lfs(arena);
    lfs.begin(request);
    for (let asked = lfs.step(); asked !== undefined; asked = lfs.step()) {
      arena = arena.slice();
      lfs = new Lfs(arena);
      // The one that died had asked already; its successor asks for the same.
      const again = lfs.step();
      if (again === undefined || again.kind !== asked.kind) throw new Error("the successor asks for something else");
      lfs.complete(serve(disk, again));
      arena = arena.slice();
      lfs = new Lfs(arena);
      requests++;
    }
    return lfs.answer();
  };
  return { session, requests: () => requests };
}

function work(session: Session): string {
  session.mount();
  session.mkdir("x");
  for (let n = 0; n < 12; n++) session.write(`x/${n}`, n * 5000, new Uint8Array(30000).fill(n));
  session.fsync("x/3");
  session.rename("x/3", "three");
  session.unlink("x/4");
  session.truncate("x/5", 7);
  session.sync();
  session.call({ name: "clean", args: [2] });
  session.unlink("three");
  const listed = session.tree().map(({ path, attributes }) => `${path} ${attributes.size}`);
  session.unmount();
  return listed.join("\n");
}

test.each(["v2-crash", "new"])("%s: the run is the same", (name) => {
  const start = name === "new" ? new Uint8Array(8 << 20) : image(name);
  if (name === "new") newfs(new MemoryDisk(start), new Uint8Array(2 << 20), { ident: 9, time: 1 });
  const size = name === "new" ? 1.5 * 2 ** 20 : 3 << 20;
  const plain = new MemoryDisk(start.slice());
  const plainList = work(new Session(plain, new Uint8Array(size)));
  const torn = new MemoryDisk(start.slice());
  const { session, requests } = fragile(torn, size);
  expect(work(session)).toBe(plainList);
  expect(requests()).toBeGreaterThan(30);
  expect(Buffer.compare(torn.bytes, plain.bytes)).toBe(0);
});
