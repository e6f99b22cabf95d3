import { describe, expect, it } from "vitest";
import type { Failure } from "../failure.ts";
import { planFor } from "../plan/plan.ts";
import type { ActionKind } from "../policy/policy.ts";
import { STEP } from "../server/action.ts";
import type { Part } from "../server/request.ts";
import { apply, type Restartable } from "./apply.ts";

const FAILURE: Failure = { kind: "hang", detector: "hang", detail: 10_000, address: 0, instruction: 0 };

/** Carries out the plan of an action on a process that only writes down what it is told. */
function performed(kind: ActionKind, delay = 0): string[] {
  const done: string[] = [];
  const note = function* (text: string, pages: number): Part<number> {
    yield { kind: STEP, run: () => [] };
    done.push(text);
    return pages;
  };
  const process: Restartable = {
    unmap: (areas) => note(`unmap ${areas.length}`, 5),
    initialize: (areas) => note(`initialize ${areas.length}`, 0),
    load: (areas) => note(`load ${areas.length}`, 3),
    start: (stack, reason) => note(`start ${stack} ${reason}`, 1),
    end: (reason) => note(`end ${reason}`, 0),
    wait: (cycles) => note(`wait ${cycles}`, 7),
    stopClients: () => note("stop clients", 0),
    stopSiblings: () => note("stop siblings", 0),
    changeEnvironment: (environment) => note(`change ${environment}`, 0),
    recreate: () => note("recreate", 0),
    answerClients: () => note("answer", 0),
    releaseShared: () => note("release", 2),
    reboot: (text) => note(`reboot ${text}`, 0),
    *mark(step, pages) {
      yield* note(`mark ${step} ${pages}`, 0);
    },
  };
  const steps = apply(planFor(FAILURE, { kind, because: "", delay }), process);
  let yields = 0;
  while (!steps.next([]).done) yields++;
  // Nothing happens between two yields: a crash falls before a step or after it.
  expect(yields).toBe(done.length);
  return done;
}

describe("a plan is carried out", () => {
  it("step by step, each marked with its pages under its number in the recovery record", () => {
    expect(performed("hot")).toEqual([
      ...["unmap 4", "mark 2 5", "initialize 4", "mark 3 0", "load 1", "mark 4 3"],
      ...["start recovery stack 3", "mark 5 1"],
    ]);
    expect(performed("cold")).toEqual([
      ...["unmap 5", "mark 2 5", "recreate", "mark 2 0", "answer", "release", "mark 2 2"],
      ...["initialize 5", "mark 3 0", "load 2", "mark 4 3", "start stack 0", "mark 5 1"],
    ]);
    expect(performed("warm").slice(0, 5)).toEqual(["unmap 4", "mark 2 5", "recreate", "mark 2 0", "initialize 4"]);
  });

  it("and an end is the last thing that happens", () => {
    expect(performed("remove")).toEqual(["answer", "end 3"]);
    expect(performed("reboot")).toEqual(["reboot hang after 10000 us of its own time: "]);
  });

  it("and stops clients before it takes anything away, and waits when nothing runs any more", () => {
    expect(performed("group", 7)).toEqual([
      ...[
        "stop clients",
        "unmap 5",
        "mark 2 5",
        "recreate",
        "mark 2 0",
        "answer",
        "release",
        "mark 2 2",
        "wait 7",
        "mark 7 7",
      ],
      ...["initialize 5", "mark 3 0", "load 2", "mark 4 3", "start stack 0", "mark 5 1"],
    ]);
    expect(performed("handler")).toEqual([
      ...[
        "unmap 0",
        "mark 2 5",
        "initialize 0",
        "mark 3 0",
        "load 0",
        "mark 4 3",
        "start recovery stack 3",
        "mark 5 1",
      ],
    ]);
  });
});
