/**
 * How large a program on a disk may be: 512 KiB, and what is said of a larger one.
 *
 * Here: the limit, from both sides. Not here: programs of any other kind (→ system.test.ts).
 */

import { readFileSync } from "node:fs";
import { guests as drivers } from "@kintsugi/drivers";
import { guests as programs } from "@kintsugi/programs";
import { describe, expect, it } from "vitest";
import { diskOver } from "../src/disk-medium.ts";
import { makeExt2 } from "../src/ext2/make.ts";
import { guestModule } from "../src/host/modules.ts";
import { Stage } from "./stage.ts";

const LARGEST = 512 * 1024;
const hello = new Uint8Array(readFileSync(programs.hello));
/** The program with nothing behind it. */
function padded(size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  bytes.set(hello);
  return bytes;
}

describe("a program on the disk", () => {
  it("may have 512 KiB; one with a byte more is refused, with both sizes and what to do, and the shell goes on", () => {
    const tree = { largest: padded(LARGEST), larger: padded(LARGEST + 1) };
    const medium = makeExt2(tree, { blocks: 2048, inodes: 64 })._unsafeUnwrap();
    const modules = [
      guestModule("serial", drivers.serial, "serial start server"),
      guestModule("pata", drivers.pata, "pata start server"),
      guestModule("ext2", drivers.ext2, "ext2 start server args=pata"),
      guestModule("msh", programs.msh, "msh start"),
    ];
    const stage = new Stage(modules, { disk: diskOver(medium, () => {}) });
    const { rig } = stage;
    expect(rig.command("ext2:/largest")).toBe("Hello, world!\n");
    const refused = rig.command("ext2:/larger");
    expect(refused).toContain(`the file has ${LARGEST + 1} bytes and may have ${LARGEST}; strip it`);
    expect(rig.command("ext2:/largest")).toBe("Hello, world!\n");
    expect(stage.failures).toBe(0);
  });
});
