// That ART answers every call of the thesis's appendix B.4, under the label that docs/protocols.md says.
import { readFileSync } from "node:fs";
import { globalId } from "@kintsugi/microkernel";
import { describe, expect, it } from "vitest";
import * as label from "../src/protocol/art.ts";
import { STATUS_INVALID, STATUS_REFUSED } from "../src/protocol/status.ts";
import { ART_FIRST_SERVICE_THREAD } from "../src/protocol/thread-numbers.ts";
import { notesOf } from "./art-machine.ts";

/** B.4.1, thread management, and B.4.2, memory management, in the thesis's order. */
const CALLS = [
  "New Thread",
  "New Task",
  "Priority",
  "Delete Thread",
  "Delete Task",
  "Set Interrupt",
  "Unset Interrupt",
  "Execute",
  "Exit",
  "Allocate",
  "Release",
  "Map",
  "Unmap",
  "Physical Address",
];

const page = readFileSync(new URL("../../../docs/protocols.md", import.meta.url), "utf8");
const table = page.slice(page.indexOf("| B.4 | label |"));
const rows = [...table.slice(0, table.indexOf("\n\n")).matchAll(/^\| ([\w ]+) \| (0x\w+) (\w+) \|$/gm)].map(
  ([, call, number, name]) => ({ call: call!, label: Number(number), name: name! }),
);

describe("appendix B.4", () => {
  it("has a label for each of its calls, which is the one in code", () => {
    expect(rows.map(({ call }) => call)).toEqual(CALLS);
    const labels = label as Readonly<Record<string, unknown>>;
    for (const { name, label: number } of rows)
      expect({ name, number: labels[`ART_${name}`] }).toEqual({ name, number });
  });

  it("is served by ART, each call for the P3 of the process only", () => {
    const notes = notesOf((all) => ({
      *init(p) {
        yield* p.asks(label.ART_EXECUTE, "child");
        const stranger = globalId(ART_FIRST_SERVICE_THREAD + 1, 1);
        const answers: number[] = [];
        for (const one of [...rows.map((row) => row.label), 0x3fe])
          answers.push((yield* p.s.call(stranger, { label: one, words: [0] })).words[0]!);
        all.answers = answers;
      },
      *child() {},
    }));
    expect(notes.answers).toEqual([...CALLS.map(() => STATUS_REFUSED), STATUS_INVALID]);
  });
});
