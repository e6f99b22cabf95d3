/**
 * A restart group: who must be restarted with a server that has lost its memory, and nobody else.
 *
 * Here: the group, from relations between clients and servers; pure. Not here: keeping the relations (`../art`),
 * stopping and restarting the members (`../p3`).
 * A member is restarted hot, which its own clients do not notice: so the group ends there, and it is the smallest that
 * is sufficient. A member that cannot be restarted hot starts cold, and then forms a group of its own.
 * Reference: thesis 4.4.2 ("Restart Propagation", "Escalation and Propagation").
 * @module
 */

/** What a client has agreed to when its server loses its memory: nothing; to be restarted; to be told. */
export type Agreement = "none" | "restart" | "notify";

/** The agreements in the order of the numbers under which CONNECT and ART's tables know them. */
export const AGREEMENTS: readonly Agreement[] = ["none", "restart", "notify"];

/** One client of one server, by pid. */
export interface Relation {
  readonly server: number;
  readonly client: number;
  readonly agreement: Agreement;
}

/** Whom the cold start of a server concerns. */
export interface RestartGroup {
  /** Pids that are restarted with the root, in this order: the oldest first. */
  readonly members: readonly number[];
  /** Pids that are told. */
  readonly told: readonly number[];
}

/**
 * The group of a server that starts cold.
 * @param root its pid
 * @param age of a process: how many clients have connected to it
 */
export function restartGroup(root: number, relations: readonly Relation[], age: (pid: number) => number): RestartGroup {
  const clients = (agreement: Agreement): number[] => [
    ...new Set(
      relations.filter((r) => r.server === root && r.client !== root && r.agreement === agreement).map((r) => r.client),
    ),
  ];
  const members = clients("restart").sort((a, b) => age(b) - age(a) || a - b);
  return { members, told: clients("notify").sort((a, b) => a - b) };
}
