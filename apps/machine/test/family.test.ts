import type { ActionKind } from "@kintsugi/arc-framework";
import { guests } from "@kintsugi/programs";
import { describe, expect, it } from "vitest";
import { bootModules, guestModule } from "../src/host/modules.ts";
import { Rig } from "./rig.ts";

const modules = [
  ...bootModules("exact"),
  guestModule("family", guests.family),
  guestModule("crew", guests.crew, "crew start server"),
  guestModule("crew-client", guests["crew-client"]),
];

function machine(level: ActionKind = "hot"): Rig {
  const policy = (_failure: unknown, _history: unknown, { server }: { server: boolean }) =>
    ({ kind: server ? level : "remove", because: "" }) as const;
  const rig = new Rig({ modules, policy });
  rig.settle();
  rig.clear();
  return rig;
}

describe("a program that clones itself", () => {
  it("goes on twice with the same memory, each with its own from then on", () => {
    expect(machine().command("run family clone")).toBe("clone: ended well, kept 40 of 40, data 4, local 10\n");
  });

  it("may have clones that clone themselves, and all memory comes back", () => {
    const rig = machine();
    const outputs = Array.from({ length: 20 }, () => rig.command("run family deep"));
    expect(new Set(outputs)).toEqual(new Set(["deep: 4 generations, right\n"]));
    expect(rig.command("run family clone")).toContain("ended well");
  });
});

describe("threads of a program", () => {
  it("run beside it, at priorities up to its own, and end with it", () => {
    const rig = machine();
    for (let round = 0; round < 3; round++)
      expect(rig.command("run family threads")).toBe(
        // The first has ended by itself (NOT_FOUND), the last is ended, the one that asks is the process's own.
        "threads: sum 6000, priority 0 4 4, ends 2 0 2, 7 more\n",
      );
    expect(rig.command("ps")).not.toContain("family");
  });

  it.each(["handler", "hot", "warm"] as const)(
    "of a server that is restarted (%s) are started anew, and the request is served once",
    (level) => {
      const rig = machine(level);
      expect(rig.command("run crew-client")).toBe(
        "crew: started 1, total 1, answer 2\ncrew: started 2, total 2, answer 241\ncrew: started 2, total 3, answer 4\n",
      );
      expect(rig.events.flatMap((e) => (e.event === "detected" ? [[e.kind, e.address]] : []))).toEqual([
        ["page fault", 0x10],
      ]);
    },
  );

  it("cold: the client is told, and the server works for the next one", () => {
    const rig = machine("cold");
    expect(rig.command("run crew-client")).toContain("exit status 1");
    rig.clear();
    expect(rig.command("run crew-client")).toContain("crew: started 1, total 1, answer 2\n");
  });
});
