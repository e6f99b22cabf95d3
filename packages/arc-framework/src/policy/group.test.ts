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
        const agreed = (client: number): boolean =>
          client !== root && all.some((r) => r.server === root && r.client === client && r.agreement === "restart");
        expect(new Set(members).size).toBe(members.length);
        for (let client = 1; client <= 9; client++) expect(members.includes(client)).toBe(agreed(client));
      }),
    );
  });

  it("restarts the oldest first: the one that most clients have connected to", () => {
    const all = [3, 1, 2].map((client): Relation => ({ server: 9, client, agreement: "restart" }));
    expect(restartGroup(9, all, (client) => [0, 5, 7, 5][client]!).members).toEqual([2, 1, 3]);
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
