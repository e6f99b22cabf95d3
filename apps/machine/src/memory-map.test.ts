import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { memoryMap, PAGE } from "./memory-map.ts";

const MIB = 1 << 20;

describe("the memory map", () => {
  it("is page-aligned, without overlap, and fills RAM from page 1 to the top", () => {
    const size = fc.integer({ min: 0, max: 3 * MIB });
    fc.assert(
      fc.property(fc.array(size, { maxLength: 8 }), size, size, (modules, sigma0, root) => {
        const ram = 64 * MIB;
        const map = memoryMap({ ram, modules, sigma0, root })._unsafeUnwrap();
        const regions = [
          map.conventional,
          ...map.modules.map(({ start, size }) => ({ low: start, high: start + Math.ceil(size / PAGE) * PAGE - 1 })),
          map.sigma0,
          map.root,
          map.bootInfo,
          map.arena,
        ];
        let next = PAGE;
        for (const { low, high } of regions) {
          expect(low).toBe(next);
          expect(low % PAGE).toBe(0);
          next = high + 1;
        }
        expect(next).toBe(ram);
      }),
    );
  });

  it("says how much memory would do when there is too little", () => {
    const sizes = { modules: [5 * MIB], sigma0: PAGE, root: PAGE };
    const error = memoryMap({ ...sizes, ram: 8 * MIB })._unsafeUnwrapErr();
    expect(error.message).toContain("need");
    expect(memoryMap({ ...sizes, ram: error.needed }).isOk()).toBe(true);
    expect(memoryMap({ ...sizes, ram: error.needed - PAGE }).isErr()).toBe(true);
  });
});
