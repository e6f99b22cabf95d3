/**
 * Machines with servers that fail in known ways, and one client that asks for it.
 *
 * Here: the labels of `fragile` (apps/programs/guest/test/fragile.cpp), a machine with it or with a circle of `knot`s, what was
 * detected and decided. Not here: what must come of it (→ the tests).
 */
import { MILLISECOND } from "@kintsugi/arc-framework";
import { guests } from "@kintsugi/programs";
import type { BootModule } from "../src/boot.ts";
import { bootModules, guestModule } from "../src/host/modules.ts";
import { Rig, type RigOptions } from "./rig.ts";

export const FRAGILE = {
  count: 0x740,
  break: 0x741,
  wild: 0x742,
  overrun: 0x743,
  slow: 0x744,
  leak: 0x745,
  check: 0x746,
  look: 0x747,
  wordy: 0x748,
  open: 0x749,
  use: 0x74a,
  close: 0x74b,
  stale: 0x74c,
  dangling: 0x74d,
  hasty: 0x74e,
  nonsense: 0x74f,
} as const;
export const KNOT = 0x760;

/** serial, parallel, msh are 1 to 3. */
export const FIRST_PID = 4;
export const WATCH = { period: 5 * MILLISECOND, starvation: 50 * MILLISECOND };

const ASK = guestModule("ask", guests.ask);

export function fragileModules(program: "fragile" | "fragile-checked" = "fragile"): BootModule[] {
  return [...bootModules("exact"), guestModule("fragile", guests[program], "fragile start server"), ASK];
}

/** A server whose second thread does its work. */
export function crewModules(): BootModule[] {
  return [...bootModules("exact"), guestModule("crew", guests.crew, "crew start server"), ASK];
}
export const CREW = 0x710;

/** Three servers, each the next one's client; the words may have them ask in a further thread. */
export function knotModules(words: string = ""): BootModule[] {
  const knot = (name: string, peer: string): BootModule =>
    guestModule(name, guests.knot, `${name} start server args=${peer}${words}`);
  return [...bootModules("exact"), knot("knot-a", "knot-b"), knot("knot-b", "knot-c"), knot("knot-c", "knot-a"), ASK];
}

export class FragileMachine {
  readonly rig: Rig;

  constructor(modules: readonly BootModule[], options: Omit<RigOptions, "modules"> = {}) {
    this.rig = new Rig({ modules, ...options });
    this.rig.settle(2);
    this.rig.clear();
  }

  /** Asks a server; the answers, a line each. Nothing where none came in so many virtual seconds. */
  ask(server: string, labels: readonly number[], words: readonly number[] = [], seconds: number = 5): string[] {
    this.rig.clear();
    this.rig.type(`run ask ${[server, labels.join(","), ...words].join(" ")}\r`);
    this.rig.settle(seconds);
    const lines = this.rig.output.replaceAll("\r", "").split("\n").slice(1);
    return lines.filter((line) => /^(status|no answer)/.test(line));
  }

  /** Asks `fragile`. */
  fragile(...asked: readonly (keyof typeof FRAGILE)[]): string[] {
    return this.ask(
      "fragile",
      asked.map((name) => FRAGILE[name]),
    );
  }

  /** Pid and detector of each failure since the last request. */
  get detected(): unknown[] {
    return this.rig.events.flatMap((event) => (event.event === "detected" ? [[event.pid, event.detector]] : []));
  }

  /** Actions since the last request. */
  get actions(): string[] {
    return this.rig.events.flatMap((event) => (event.event === "planned" ? [event.action] : []));
  }
}
