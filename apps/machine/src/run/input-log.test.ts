import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type InputEntry, type LogHeader, parseLog, writeEnd, writeEntry, writeHeader } from "./input-log.ts";

const HEADER: LogHeader = { log: "kintsugi-input", version: 1, seed: 3, memory: 64, parallel: "exact", image: "ab" };

describe("the input log", () => {
  it("reads what it wrote", () => {
    const entry = fc.record({ at: fc.nat(), bytes: fc.uint8Array({ minLength: 1, maxLength: 9 }) });
    fc.assert(
      fc.property(fc.array(entry), (list) => {
        const typed = list
          .sort((a, b) => a.at - b.at)
          .map(({ at, bytes }): InputEntry => ({ kind: "type", at, bytes: Uint8Array.from(bytes) }));
        const at = list.at(-1)?.at ?? 0;
        const entries: InputEntry[] = [...typed, { kind: "leave", at }];
        const end = { at, instructions: 5, hash: "00ff" };
        const text = writeHeader(HEADER) + entries.map(writeEntry).join("") + writeEnd(end);
        expect(parseLog(text)._unsafeUnwrap()).toEqual({ header: HEADER, entries, end });
      }),
    );
  });

  it("refuses damage and says in which line", () => {
    const good = writeHeader(HEADER);
    const damaged: readonly [string, RegExp][] = [
      ["", /line 1 .* header/],
      [good.replace("1", "2"), /line 1/],
      [`${good}{"at":1,"type":"f"}`, /line 2 .* no entry/],
      [`${good}{"at":1,"type":""}`, /line 2/],
      [`${good}{"at":1.5,"type":"00"}`, /line 2 .* cycle count/],
      [`${good}{"at":1,"ty`, /line 2/],
      [`${good}{"at":9,"type":"00"}\n{"at":8,"type":"00"}`, /line 3 .* back in time/],
      [`${good}${writeEnd({ at: 1, instructions: 1, hash: "" })}{"at":2,"leave":true}`, /line 3 .* after the end/],
      ["[]", /line 1/],
      ["null", /line 1/],
    ];
    for (const [text, message] of damaged) expect(parseLog(text)._unsafeUnwrapErr().message).toMatch(message);
  });
});
