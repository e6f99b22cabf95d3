import { expect, test } from "vitest";
import {
  DIRBLKSIZ,
  direntName,
  direntNameIs,
  direntSize,
  readDirent,
  writeDirent,
  writeEmptyDirectory,
} from "./dirent.ts";

test("a new directory is the chunk that UFS writes", () => {
  const bytes = new Uint8Array(DIRBLKSIZ + 4).fill(0xa5);
  writeEmptyDirectory(bytes, 0, 5, 2);
  expect([...bytes.subarray(0, 24)]).toEqual([
    5, 0, 0, 0, 12, 0, 4, 1, 0x2e, 0, 0, 0, 2, 0, 0, 0, 0xf4, 1, 4, 2, 0x2e, 0x2e, 0, 0,
  ]);
  expect(bytes.subarray(24, DIRBLKSIZ).every((byte) => byte === 0)).toBe(true);
  expect(bytes[DIRBLKSIZ]).toBe(0xa5);
});

test("a name of every length is read as it was written", () => {
  for (let length = 1; length <= 255; length++) {
    const bytes = new Uint8Array(DIRBLKSIZ).fill(0xa5);
    const name = new Uint8Array(length).map((_, i) => 97 + (i % 26));
    writeDirent(bytes, 0, 77, DIRBLKSIZ, 8, name);
    const entry = readDirent(new DataView(bytes.buffer), 0, DIRBLKSIZ);
    if (entry === undefined) throw new Error(`length ${length}`);
    expect(entry).toMatchObject({ ino: 77, reclen: DIRBLKSIZ, type: 8, namlen: length });
    expect(direntName(bytes, entry)).toEqual(name);
    expect(direntNameIs(bytes, entry, name)).toBe(true);
    expect(bytes[8 + length]).toBe(0);
    if (direntSize(length) < DIRBLKSIZ) expect(bytes[direntSize(length)]).toBe(0xa5);
  }
});

test("every impossible length of a record is refused", () => {
  const bytes = new Uint8Array(DIRBLKSIZ);
  writeDirent(bytes, 0, 1, DIRBLKSIZ, 8, new Uint8Array(10));
  const view = new DataView(bytes.buffer);
  for (let reclen = 0; reclen <= 0xffff; reclen++) {
    view.setUint16(4, reclen, true);
    const possible = reclen % 4 === 0 && reclen >= direntSize(10) && reclen <= DIRBLKSIZ;
    expect(readDirent(view, 0, DIRBLKSIZ) !== undefined).toBe(possible);
  }
  expect(readDirent(view, DIRBLKSIZ - 4, DIRBLKSIZ)).toBeUndefined();
});
