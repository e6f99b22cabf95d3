/**
 * A restart group: who must be restarted with a server that has lost its memory, and nobody else.
 *
 * Here: the group, from relations between clients and servers; pure. Not here: keeping the relations (`../art`),
 * stopping and restarting the members (`../p3`).
 * A member that is restarted hot or warm is not noticed by its own clients: the group ends there, and it is the smallest
 * that is sufficient. A member that starts cold, because it wants or needs to, is the root of a group of its own, without
 * those that it started cold for: they are new already, and a circle comes to an end.
 * Reference: thesis 4.4.2 ("Restart Propagation", "Escalation and Propagation").
 * @module
 */

/** What a client has agreed to when its server loses its memory: nothing; to be told; to be restarted, and how. */
export type Agreement = "none" | "restart" | "notify" | "restart warm" | "restart cold";

/** The agreements in the order of the numbers under which CONNECT and ART's tables know them. */
export const AGREEMENTS: readonly Agreement[] = ["none", "restart", "notify", "restart warm", "restart cold"];

/** The temperature at which a client wants to be restarted; none for others. */
const TEMPERATURES: ReadonlyMap<Agreement, Temperature> = new Map([
  ["restart", "hot"],
  ["restart warm", "warm"],
  ["restart cold", "cold"],
]);

/** How a member of a group is restarted. Alone: cold, and no client behind it; the next server starts when it is ready. */
export type Temperature = "hot" | "warm" | "cold" | "alone";

/** The temperatures in the order of the numbers under which GROUP_GO names them. */
export const TEMPERATURE_NAMES: readonly Temperature[] = ["hot", "warm", "cold", "alone"];

/** One client of one server, by pid. */
export interface Relation {
  readonly server: number;
  readonly client: number;
  readonly agreement: Agreement;
}

/** One who is restarted with a server. */
export interface Member {
  readonly pid: number;
  readonly temperature: Temperature;
}

/** Whom the cold start of a server concerns. */
export interface RestartGroup {
  /** Who is restarted with the root, in this order: the oldest first. */
  readonly members: readonly Member[];
  /** Pids that are told. */
  readonly told: readonly number[];
}

/**
 * The group of a server that starts cold.
 * @param root its pid
 * @param age of a process: how many clients have connected to it
 * @param before pids of the roots whose cold starts led to this one
 */
export function restartGroup(
  root: number,
  relations: readonly Relation[],
  age: (pid: number) => number,
  before: readonly number[] = [],
): RestartGroup {
  const clients = new Map<number, Agreement>();
  for (const { server, client, agreement } of relations)
    if (server === root && client !== root && !before.includes(client)) clients.set(client, agreement);
  const members: Member[] = [];
  const told: number[] = [];
  for (const [pid, agreement] of clients) {
    const temperature = TEMPERATURES.get(agreement);
    if (temperature !== undefined) members.push({ pid, temperature });
    else if (agreement === "notify") told.push(pid);
  }
  members.sort((a, b) => age(b.pid) - age(a.pid) || a.pid - b.pid);
  return { members, told: told.sort((a, b) => a - b) };
}
