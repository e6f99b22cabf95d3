// P3 and ART crash in the middle of what only some programs ask of them: sessions, restarts, transactions, groups, the watch.
import {
  type CutPoint,
  delayed,
  oneForAll,
  only,
  type RecoveryPolicy,
  ResidentCrash,
  restForOne,
  withChangedEnvironment,
  withRejuvenation,
  withRollback,
} from "@kintsugi/arc-framework";
import { guests } from "@kintsugi/programs";
import { describe, expect, it } from "vitest";
import type { BootModule } from "../src/boot.ts";
import { machineMemory } from "../src/host/machine-thread.ts";
import { bootModules, guestModule } from "../src/host/modules.ts";
import { Random } from "../src/random.ts";
import type { Watch } from "../src/residents.ts";
import { FRAGILE, fragileModules, KNOT, knotModules, WATCH } from "./fragile.ts";
import { Rig, type SavedMachine, TEST_RAM } from "./rig.ts";
import { LONG, SEED } from "./tier.ts";

const modulesWith = (relay: string) => [
  ...bootModules("exact"),
  guestModule("keeper", guests.keeper, "keeper start server"),
  guestModule("vault", guests.vault, "vault start server"),
  guestModule("keeper-client", guests["keeper-client"]),
  guestModule("vault-client", guests["vault-client"]),
  guestModule("echo-server", guests["echo-server"], "echo-server start server"),
  guestModule("relay", guests.relay, `relay start server ${relay}`),
  guestModule("relay-client", guests["relay-client"]),
  guestModule("crew", guests.crew, "crew start server"),
  guestModule("crew-client", guests["crew-client"]),
  guestModule("family", guests.family),
];
const MEMORY = machineMemory(TEST_RAM);

function cutRig({ policy, relay = "", modules, watch }: Scenario, saved?: SavedMachine) {
  const cut = { at: -1, seen: 0, point: undefined as CutPoint | undefined, rig: undefined as unknown as Rig };
  cut.rig = new Rig(
    {
      modules: modules ?? modulesWith(relay),
      ...(watch ? { watch } : {}),
      memory: MEMORY,
      policy,
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

interface Scenario {
  readonly name: string;
  readonly policy: RecoveryPolicy;
  readonly lines: readonly string[];
  /** What is done to servers and programs, in order. */
  readonly restarts: readonly string[];
  /** How the relay wants to be restarted behind echo-server. */
  readonly relay?: string;
  /** Other programs than the usual ones. */
  readonly modules?: readonly BootModule[];
  readonly watch?: Watch;
}

const RELAYED = ["run relay-client 1", "crash echo-server divide", "run relay-client 2"];

const scenarios: readonly Scenario[] = [
  {
    name: "a session over a warm restart",
    policy: only("warm"),
    lines: ["run keeper-client remember 7"],
    restarts: ["warm"],
  },
  {
    name: "a cold start with clients that wait",
    policy: only("cold"),
    lines: ["run keeper-client remember 7"],
    restarts: ["cold"],
  },
  {
    name: "a removal with clients that wait",
    policy: only("remove"),
    lines: ["run keeper-client remember 7"],
    restarts: ["remove"],
  },
  {
    name: "a session whose client dies",
    policy: only("hot"),
    lines: ["run keeper-client hold", "run keeper-client talk 1"],
    restarts: ["remove"],
  },
  {
    name: "transactions that are committed, and one that is undone",
    policy: only("hot"),
    lines: ["run vault-client move 2", "run vault-client scribble", "run vault-client look"],
    restarts: ["hot"],
  },
  { name: "a group whose member is restarted hot", policy: only("group"), lines: RELAYED, restarts: ["group", "hot"] },
  {
    name: "a group whose member is restarted warm",
    policy: only("group"),
    lines: RELAYED,
    restarts: ["group", "warm"],
    relay: "args=warm",
  },
  {
    name: "a group whose member is the root of another",
    policy: only("group"),
    lines: RELAYED,
    restarts: ["group", "group"],
    relay: "args=cold",
  },
  {
    name: "a handler restart",
    policy: only("handler"),
    lines: ["crash vault divide", "run vault-client move 1"],
    restarts: ["handler"],
  },
  {
    name: "siblings: rest for one",
    policy: restForOne,
    lines: ["crash vault divide", "run vault-client move 1", "run relay-client 2"],
    restarts: ["group", "cold", "cold", "cold"],
  },
  {
    name: "siblings: one for all",
    policy: oneForAll,
    lines: ["crash vault divide", "run vault-client move 1", "run relay-client 2"],
    restarts: ["group", "cold", "cold", "cold", "cold", "cold", "cold"],
  },
  {
    name: "a reboot",
    policy: only("reboot"),
    lines: ["crash vault divide", "run vault-client move 1"],
    restarts: ["reboot"],
  },
  { name: "a clone", policy: only("hot"), lines: ["run family clone"], restarts: [] },
  { name: "clones of clones", policy: only("hot"), lines: ["run family deep"], restarts: [] },
  { name: "threads", policy: only("hot"), lines: ["run family threads"], restarts: [] },
  {
    name: "a deadlock that the watch finds",
    policy: only("hot"),
    lines: [`run ask knot-a ${KNOT} 3`, `run ask knot-a ${KNOT} 2`],
    restarts: ["hot"],
    modules: knotModules(),
    watch: WATCH,
  },
  {
    name: "a restart behind an answer on a lent page",
    policy: delayed(only("hot")),
    lines: [`run ask fragile ${FRAGILE.wild},${FRAGILE.look}`],
    restarts: ["hot"],
    modules: fragileModules(),
  },
  {
    name: "a rollback of plain persistent memory",
    policy: withRollback(only("hot")),
    lines: [`run ask fragile ${FRAGILE.count},${FRAGILE.count}`],
    restarts: ["handler", "handler"],
    modules: fragileModules(),
  },
  {
    name: "a client that breaks a protocol, and an overrun in a padded environment",
    policy: withChangedEnvironment(only("hot")),
    lines: [`run ask fragile ${FRAGILE.open},${FRAGILE.open}`, `run ask fragile ${FRAGILE.overrun}`],
    restarts: ["remove", "hot", "hot"],
    modules: fragileModules(),
  },
  {
    name: "a deadlock of further threads",
    policy: only("hot"),
    lines: [`run ask knot-a ${KNOT} 3`],
    restarts: ["hot"],
    modules: knotModules(" thread"),
    watch: WATCH,
  },
  {
    name: "a life with blocks zeroed and left alone, and one with a demoted thread",
    policy: withChangedEnvironment(only("hot")),
    lines: [`run ask fragile ${FRAGILE.hasty},${FRAGILE.look}`],
    restarts: ["hot", "hot", "hot"],
    modules: fragileModules(),
  },
  {
    name: "a renewal at a quiet moment",
    policy: withRejuvenation(only("hot"), { heap: 1 }),
    lines: [`run ask fragile ${FRAGILE.leak}`, `run ask fragile ${FRAGILE.look}`],
    restarts: ["hot"],
    modules: fragileModules(),
    watch: WATCH,
  },
  { name: "a restart that ends a thread", policy: only("hot"), lines: ["run crew-client"], restarts: ["hot"] },
];

describe("P3 and ART may crash at any cut point of", () => {
  it.each(scenarios)(
    "$name, and no program notices",
    (scenario) => {
      const random = new Random(SEED + 40);
      const work = (rig: Rig): string => scenario.lines.map((line) => rig.command(line)).join("");
      const golden = cutRig(scenario);
      golden.rig.settle();
      const booted = golden.rig.save();
      golden.seen = 0;
      const expected = work(golden.rig);
      const cutPoints = golden.seen;
      const restarted = golden.rig.events.flatMap((event) => (event.event === "planned" ? [event.action] : []));
      expect(restarted).toEqual(scenario.restarts);
      expect(cutPoints).toBeGreaterThan(1000);
      const step = LONG ? 1 : Math.ceil(cutPoints / 12);
      for (let at = LONG ? 0 : random.below(step); at < cutPoints; at += step) {
        const cut = cutRig(scenario, booted);
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
