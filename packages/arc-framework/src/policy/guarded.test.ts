import { describe, expect, it } from "vitest";
import type { Failure } from "../failure.ts";
import { guarded } from "./guarded.ts";
import { NO_HISTORY, withFailure } from "./history.ts";
import type { Action, Supervised } from "./policy.ts";

const CRASH: Failure = { kind: "panic", detector: "panic", detail: 0, address: 0, instruction: 0 };
const SERVER: Supervised = { server: true, ready: true, refused: false };
const HISTORY = withFailure(NO_HISTORY, { sequence: 1, replied: 0 }, 9);
const ask = (policy: () => unknown): Action => guarded(policy as () => Action)(CRASH, HISTORY, SERVER);

describe("a policy from outside", () => {
  it("is followed where its action is one", () => {
    const action = { kind: "cold", because: "mine", delay: 3 };
    expect(ask(() => action)).toBe(action);
  });

  it("is replaced by the reference policy where it throws or makes no sense, and the reason says so", () => {
    const broken: [() => unknown, RegExp][] = [
      [() => undefined, /^no rule against it \(reference policy: .*'undefined'/],
      [
        () => ({ kind: "warm?", because: "" }),
        /'warm\?', which is none of handler, hot, warm, cold, group, remove, reboot/,
      ],
      [() => ({ kind: "hot" }), /no 'because'/],
      [() => ({ kind: "hot", because: "", delay: -1 }), /delay is -1/],
      [() => ({ kind: "hot", because: "", delay: Number.NaN }), /delay is NaN/],
      [() => ({ kind: "hot", because: "", quarantine: 1 }), /neither true nor false/],
      [() => ({ kind: "hot", because: "", postpone: "later" }), /'postpone' is neither true nor false/],
      [
        () => ({ kind: "hot", because: "", environment: ["cold"] }),
        /environment is 'cold', which is no list of padded/,
      ],
      [() => ({ kind: "hot", because: "", environment: "padded" }), /which is no list/],
      [
        () => {
          throw new Error("oh");
        },
        /threw: oh/,
      ],
    ];
    for (const [policy, because] of broken) {
      const action = ask(policy);
      expect(action.kind).toBe("hot");
      expect(action.because).toMatch(because);
    }
  });
});
