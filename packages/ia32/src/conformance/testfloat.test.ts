import { describe, expect, it } from "vitest";
import { Score } from "./score.ts";
import { runTestFloat } from "./testfloat.ts";
import { parseTestFloat } from "./testfloat-format.ts";

const ADD = "# f32_add -rnear_even\n3F800000 3F800000 40000000 00\n3F800000 33800000 3F800000 01\n";

function lines(text: string): readonly string[] {
  const score = new Score();
  runTestFloat(parseTestFloat(text)._unsafeUnwrap(), score);
  return score.lines;
}

describe("TestFloat cases", () => {
  it("run the instruction that the function is: results are tier A, flags tier B", () => {
    expect(lines(ADD).at(-1)).toBe("all: A 2/2, B 2/2");
    expect(lines(ADD.replace("40000000", "40000001"))[0]).toContain("A 1/2, B 1/2");
    expect(lines(ADD.replace("3F800000 01", "3F800000 00"))[0]).toContain("A 2/2, B 1/2");
  });

  it("take rounding and precision from their section", () => {
    expect(lines(ADD.replace("near_even", "max").replace("33800000 3F800000", "33800000 3F800001")).at(-1)).toContain(
      "A 2/2",
    );
    const third = (bits: number, digits: string): string =>
      `# extF80_div -precision${bits} -rnear_even\n3FFF8000000000000000 4000C000000000000000 ${digits} 01`;
    expect(lines(third(80, "3FFDAAAAAAAAAAAAAAAB")).at(-1)).toContain("B 1/1");
    expect(lines(third(64, "3FFDAAAAAAAAAAAAA800")).at(-1)).toContain("B 1/1");
    expect(lines(third(32, "3FFDAAAAAB0000000000")).at(-1)).toContain("B 1/1");
  });
});

describe("the TestFloat reader", () => {
  it("names the line that it cannot read, and why", () => {
    const refused: readonly [string, string][] = [
      ["", "line 1 is no TestFloat case"],
      ["hello", "line 1 is no TestFloat case"],
      ["# f128_add -rnear_even", "line 1: f128_add is no function that IA-32 has"],
      ["# f32_add -rodd", "line 1: option -rodd is unknown"],
      [`${ADD}3F800000 3F800000 40000000`, "line 4 is no TestFloat case"],
      [`${ADD}3F800000 3F80000 40000000 00`, "line 4 is no TestFloat case"],
      [`${ADD}3F800000 3F80000g 40000000 00`, "line 4 is no TestFloat case"],
    ];
    for (const [text, message] of refused) expect(parseTestFloat(text)._unsafeUnwrapErr()).toBe(message);
  });
});
