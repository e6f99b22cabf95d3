import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AGREEMENTS, type Relation, restartGroup } from "./group.ts";

const pid = fc.integer({ min: 1, max: 9 });
const relations: fc.Arbitrary<Relation[]> = fc.array(
  fc.record({ server: pid, client: pid, agreement: fc.constantFrom(...AGREEMENTS) }),
);

describe("a restart group", () => {
  it("is the smallest that is sufficient: every client that agreed to be restarted, and nobody else", () => {
    fc.assert(
      fc.property(pid, relations, (root, all) => {
        const { members } = restartGroup(root, all, () => 0);
        // The last agreement counts.
        const agreed = (client: number): string | undefined =>
          client === root ? undefined : all.findLast((r) => r.server === root && r.client === client)?.agreement;
        const temperatures = { restart: "hot", "restart warm": "warm", "restart cold": "cold" };
        expect(new Set(members.map((member) => member.pid)).size).toBe(members.length);
        for (let client = 1; client <= 9; client++) {
          const wanted = temperatures[agreed(client) as keyof typeof temperatures];
          expect(members.find((member) => member.pid === client)?.temperature).toBe(wanted);
        }
      }),
    );
  });

  it("restarts the oldest first: the one that most clients have connected to", () => {
    const all = [3, 1, 2].map((client): Relation => ({ server: 9, client, agreement: "restart" }));
    expect(restartGroup(9, all, (client) => [0, 5, 7, 5][client]!).members.map((m) => m.pid)).toEqual([2, 1, 3]);
  });

  it("leaves out those whose cold starts led to this one, so that a circle ends", () => {
    fc.assert(
      fc.property(pid, relations, (first, all) => {
        const cold = all.map((relation): Relation => ({ ...relation, agreement: "restart cold" }));
        const started: number[] = [];
        const start = (root: number, before: readonly number[]): void => {
          expect(before).not.toContain(root);
          started.push(root);
          if (started.length < 20)
            for (const member of restartGroup(root, cold, () => 0, before).members)
              start(member.pid, [...before, root]);
        };
        start(first, []);
      }),
    );
  });

  it("tells those who want to be told, and restarts none of them", () => {
    const all: Relation[] = [
      { server: 1, client: 2, agreement: "notify" },
      { server: 1, client: 3, agreement: "none" },
      { server: 2, client: 4, agreement: "restart" },
    ];
    expect(restartGroup(1, all, () => 0)).toEqual({ members: [], told: [2] });
  });
});
