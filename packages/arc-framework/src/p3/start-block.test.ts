import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { startBlock } from "./start-block.ts";

const text = (s: string): Uint8Array => Uint8Array.from(s, (c) => c.charCodeAt(0));

describe("a start block", () => {
  it("has reason, restart page, arguments and pid in known words", () => {
    const { sp, bytes } = startBlock(0x7f004000, 4, 9, text("hello a  bc"));
    expect(sp).toBe(0x7f004000 - 48);
    const view = new DataView(bytes.buffer);
    const words = Array.from({ length: 9 }, (_, i) => view.getUint32(4 * i, true));
    expect(words).toEqual([4, 0x70000000, 3, sp + 20, 9, sp + 36, sp + 42, sp + 44, 0]);
    expect(String.fromCharCode(...bytes.subarray(36))).toBe("hello\0a\0bc\0\0");
  });

  it("ends at the top of the stack, its strings inside, whatever the arguments", () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { maxLength: 20 }), (args) => {
        const { sp, bytes } = startBlock(0xbe000000, 0, 1, text(args.join(" ")));
        expect(sp % 16).toBe(0);
        expect(sp + bytes.length).toBe(0xbe000000);
        const view = new DataView(bytes.buffer);
        const found = args.map((_, i) => {
          const at = view.getUint32(20 + 4 * i, true) - sp;
          return String.fromCharCode(...bytes.subarray(at, bytes.indexOf(0, at)));
        });
        expect(found).toEqual(args);
        expect(view.getUint32(8, true)).toBe(args.length);
      }),
    );
  });
});
