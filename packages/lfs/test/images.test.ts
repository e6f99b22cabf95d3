// Disks that other systems made: read as they list them, judged good, and still good when we have written.
import { expect, test } from "vitest";
import { fsck } from "../src/index.ts";
import { MemoryDisk, Refused, Session } from "../src/testing/index.ts";
import { image, listing } from "./images.ts";

const ARENA = 6 << 20;
const filled = (size: number, letter: string): Uint8Array => new Uint8Array(size).fill(letter.charCodeAt(0));
const check = (bytes: Uint8Array) => fsck((offset, length) => bytes.slice(offset, offset + length));

function entries(session: Session) {
  return session
    .tree()
    .slice(1)
    .map(({ path, attributes: { ino, mode, nlink, size } }) => ({ ino, mode, nlink, size, path }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

test.each(["v2-files", "v2-small", "v1-netbsd"])("%s lists as NetBSD lists it", (name) => {
  const session = new Session(new MemoryDisk(image(name)), new Uint8Array(ARENA)).mount(1);
  expect(entries(session)).toEqual(listing(name));
});

test.each(["v2-files", "v2-small"])("%s holds what was written to it", (name) => {
  const session = new Session(new MemoryDisk(image(name)), new Uint8Array(ARENA)).mount(1);
  expect(session.read("d1/hard")).toEqual(filled(13, "h"));
  expect(session.read("d1/sub/y")).toEqual(filled(100000, "y"));
  expect(session.read("d2/three")).toEqual(filled(8193, "3"));
  const sparse = new Uint8Array(1000010);
  sparse.set(filled(10, "s"), 1000000);
  expect(session.read("sparse")).toEqual(sparse);
  expect(session.readlink("link")).toBe("hello.txt");
  expect(session.readlink("longlink")).toMatch(/^\/a\/very\/long\/.*sixty\/characters$/);
});

test("4.4BSD's own image mounts, with the ifile in its root", () => {
  const session = new Session(new MemoryDisk(image("v1-44bsd-i386")), new Uint8Array(ARENA)).mount(1);
  expect(entries(session).map(({ path, ino }) => [path, ino])).toEqual([
    ["ifile", 1],
    ["lost+found", 3],
  ]);
});

test("what was fsynced behind the last checkpoint of v2-crash is there", () => {
  for (const flags of [0, 1]) {
    const session = new Session(new MemoryDisk(image("v2-crash")), new Uint8Array(ARENA)).mount(flags);
    expect(entries(session).map(({ path }) => path)).toEqual(["d1", "d1/a", "d1/c", "d1/n"]);
    expect(session.read("d1/c")).toEqual(filled(12000, "c"));
    const a = filled(20000, "a");
    a.fill(0x41, 4096, 8192);
    expect(session.read("d1/a")).toEqual(a);
  }
});

test("without roll-forward v2-crash is as it was at its checkpoint", () => {
  const session = new Session(new MemoryDisk(image("v2-crash")), new Uint8Array(ARENA)).mount(3);
  expect(entries(session).map(({ path }) => path)).toEqual(["d1", "d1/a", "d1/b"]);
  expect(session.read("d1/a")).toEqual(filled(20000, "a"));
});

test("mounting read-only writes nothing", () => {
  const bytes = image("v2-crash");
  const before = bytes.slice();
  const session = new Session(new MemoryDisk(bytes), new Uint8Array(ARENA)).mount(1);
  session.tree();
  expect(() => session.mkdir("x")).toThrow(Refused);
  session.unmount();
  expect(Buffer.compare(bytes, before)).toBe(0);
});

test.each(["v2-empty", "v2-files", "v2-small", "v2-crash"])("%s is good, and good after every use by us", (name) => {
  const bytes = image(name);
  expect(check(bytes)).toEqual([]);
  const session = new Session(new MemoryDisk(bytes), new Uint8Array(ARENA)).mount();
  expect(check(bytes)).toEqual([]);
  const before = session.tree().length;
  session.mkdir("new");
  session.write("new/big", 70000, filled(300000, "b"));
  session.symlink("new/big", "to-big");
  session.sync();
  expect(check(bytes)).toEqual([]);
  session.write("new/big", 12345, filled(50000, "c"));
  session.truncate("new/big", 100001);
  session.rename("new/big", "moved");
  session.unmount();
  expect(check(bytes)).toEqual([]);
  session.mount(1);
  expect(session.tree().length).toBe(before + 3);
  const moved = new Uint8Array(100001);
  moved.fill(0x62, 70000);
  moved.fill(0x63, 12345, 62345);
  expect(session.read("moved")).toEqual(moved);
});
