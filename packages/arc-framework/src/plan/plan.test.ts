import { describe, expect, it } from "vitest";
import type { Failure } from "../failure.ts";
import { formatPlan, planFor } from "./plan.ts";

const FAILURE: Failure = {
  kind: "page fault",
  detector: "outside-areas",
  detail: 2,
  address: 0x10,
  instruction: 0x2000012a,
};

describe("a plan", () => {
  it("keeps persistent memory and the restart page over a hot restart", () => {
    expect(formatPlan(planFor(FAILURE, { kind: "hot", because: "no rule against it" }))).toBe(
      [
        "page fault: write outside all areas: 0x00000010 (ip 0x2000012a)",
        "hot: no rule against it",
        "unmap image, heap, recovery stack, stack",
        "initialize image, heap, recovery stack, stack",
        "load image",
        "start on the recovery stack, reason 1",
      ].join("\n"),
    );
  });

  it("renews persistent memory in a cold restart, which is a first start", () => {
    expect(formatPlan(planFor(FAILURE, { kind: "cold", because: "why" }))).toBe(
      [
        "page fault: write outside all areas: 0x00000010 (ip 0x2000012a)",
        "cold: why",
        "unmap image, heap, recovery stack, stack, persistent memory",
        "recreate the address space",
        "answer all clients that wait with an error",
        "give up shared pages",
        "initialize image, heap, recovery stack, stack, persistent memory",
        "load image, persistent memory",
        "start on the stack, reason 0",
      ].join("\n"),
    );
  });

  it("lets a request be answered before a postponed restart, and changes the environment first", () => {
    const wild: Failure = { ...FAILURE, detector: "outside-areas" };
    expect(
      formatPlan(planFor(wild, { kind: "hot", because: "", postpone: true }))
        .split("\n")
        .slice(2, 5),
    ).toEqual(["lend a page of zeroes", "let the request be answered", "unmap image, heap, recovery stack, stack"]);
    expect(
      planFor({ ...wild, detector: "access-rights" }, { kind: "hot", because: "", postpone: true }).steps[0],
    ).toEqual({
      kind: "unmap",
      areas: ["image", "heap", "recovery stack", "stack"],
    });
    expect(formatPlan(planFor(wild, { kind: "hot", because: "", environment: ["padded", "patient"] }))).toContain(
      "change the environment: padded, patient\nunmap image",
    );
  });

  it("ends a process that is removed", () => {
    const plan = planFor({ ...FAILURE, kind: "panic" }, { kind: "remove", because: "no server" });
    expect(plan.steps).toEqual([{ kind: "answer clients" }, { kind: "end", reason: 4 }]);
    expect(formatPlan(plan)).toBe(
      "panic\nremove: no server\nanswer all clients that wait with an error\nend the process, reason 4",
    );
  });

  it("recreates the address space in a warm restart, which otherwise is a hot one", () => {
    const [hot, warm] = (["hot", "warm"] as const).map((kind) => planFor(FAILURE, { kind, because: "" }).steps);
    expect(warm).toEqual([hot![0], { kind: "recreate" }, ...hot!.slice(1)]);
  });
});
