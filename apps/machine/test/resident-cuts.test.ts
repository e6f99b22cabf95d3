// P3 and ART crash in the middle of what only some programs ask of them: sessions, warm and cold restarts, transactions.
import { type ActionKind, type CutPoint, ResidentCrash } from "@kintsugi/arc-framework";
import { guests } from "@kintsugi/programs";
import { describe, expect, it } from "vitest";
import { machineMemory } from "../src/host/machine-thread.ts";
import { bootModules, guestModule } from "../src/host/modules.ts";
import { Random } from "../src/random.ts";
import { Rig, type SavedMachine, TEST_RAM } from "./rig.ts";
import { LONG, SEED } from "./tier.ts";

const MODULES = [
  ...bootModules("exact"),
  guestModule("keeper", guests.keeper, "keeper start server"),
  guestModule("vault", guests.vault, "vault start server"),
  guestModule("keeper-client", guests["keeper-client"]),
  guestModule("vault-client", guests["vault-client"]),
];
const MEMORY = machineMemory(TEST_RAM);

function cutRig(kind: ActionKind, saved?: SavedMachine) {
  const cut = { at: -1, seen: 0, point: undefined as CutPoint | undefined, rig: undefined as unknown as Rig };
  cut.rig = new Rig(
    {
      modules: MODULES,
      memory: MEMORY,
      policy: (_failure, _history, { server }) => ({ kind: server ? kind : "remove", because: "" }),
      cutProbe: (point) => {
        if (cut.seen++ !== cut.at) return;
        cut.point = point;
        throw new ResidentCrash("a test crashed the server here");
      },
    },
    saved,
  );
  return cut;
}

const scenarios: readonly (readonly [string, ActionKind, readonly string[]])[] = [
  ["a session over a warm restart", "warm", ["run keeper-client remember 7"]],
  ["a cold start with clients that wait", "cold", ["run keeper-client remember 7"]],
  ["a removal with clients that wait", "remove", ["run keeper-client remember 7"]],
  ["a session whose client dies", "hot", ["run keeper-client hold", "run keeper-client talk 1"]],
  [
    "transactions that are committed, and one that is undone",
    "hot",
    ["run vault-client move 2", "run vault-client scribble", "run vault-client look"],
  ],
];

describe("P3 and ART may crash at any cut point of", () => {
  it.each(scenarios)(
    "%s, and no program notices",
    (_name, kind, lines) => {
      const random = new Random(SEED + 40);
      const work = (rig: Rig): string => lines.map((line) => rig.command(line)).join("");
      const golden = cutRig(kind);
      golden.rig.settle();
      const booted = golden.rig.save();
      golden.seen = 0;
      const expected = work(golden.rig);
      const cutPoints = golden.seen;
      expect(cutPoints).toBeGreaterThan(1000);
      const step = LONG ? 1 : Math.ceil(cutPoints / 12);
      for (let at = LONG ? 0 : random.below(step); at < cutPoints; at += step) {
        const cut = cutRig(kind, booted);
        cut.at = at;
        expect({ seed: SEED, at, output: work(cut.rig), point: cut.point }).toEqual({
          seed: SEED,
          at,
          output: expected,
          point: cut.point,
        });
      }
    },
    7_200_000,
  );
});
