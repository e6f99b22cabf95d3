/**
 * Who is whose client: the naming service's knowledge, as bits in ART's process table.
 *
 * Here: recording a connection, forgetting a process, a server's relations. Not here: what follows from them
 * (`../policy/group.ts`), asking for a connection (`services.ts`). Reference: thesis 4.4.2.
 * @module
 */
import { AGREEMENTS, type Relation } from "../policy/group.ts";
import { PROCESS_LIMIT } from "../protocol/thread-numbers.ts";
import type { WordReader, WordWriter } from "../server/table.ts";
import { type ArtMemory, P } from "./art-memory.ts";

/** A bit for each pid: two words for each agreement. */
const FIELDS = [P.connected, P.restartedWith, P.toldOf, P.restartedWarmWith, P.restartedColdWith];

/** `client` has connected to `server`; a later agreement replaces an earlier one. The server ages by it. */
export function connect(
  { processes }: ArtMemory,
  tx: WordReader & WordWriter,
  server: number,
  client: number,
  agreement: number,
): void {
  for (const [i, field] of FIELDS.entries()) setBit({ processes }, tx, server, field, client, i === agreement);
  processes.set(tx, server - 1, P.age, processes.get(tx, server - 1, P.age) + 1);
}

/** The process has ended: it is nobody's client any more. */
export function forget({ processes }: Pick<ArtMemory, "processes">, tx: WordReader & WordWriter, client: number): void {
  for (let server = 1; server <= PROCESS_LIMIT; server++)
    for (const field of FIELDS) setBit({ processes }, tx, server, field, client, false);
}

/** The relations of a server. */
export function relationsOf({ processes }: ArtMemory, tx: WordReader, server: number): Relation[] {
  const found: Relation[] = [];
  for (const [i, field] of FIELDS.entries())
    for (let client = 1; client <= PROCESS_LIMIT; client++)
      if (processes.get(tx, server - 1, wordOf(field, client)) & bitOf(client))
        found.push({ server, client, agreement: AGREEMENTS[i]! });
  return found;
}

const wordOf = (field: number, pid: number): number => field + ((pid - 1) >>> 5);
const bitOf = (pid: number): number => 1 << ((pid - 1) & 31);

function setBit(
  { processes }: Pick<ArtMemory, "processes">,
  tx: WordReader & WordWriter,
  server: number,
  field: number,
  client: number,
  on: boolean,
): void {
  const word = processes.get(tx, server - 1, wordOf(field, client));
  const next = on ? word | bitOf(client) : word & ~bitOf(client);
  if (next !== word) processes.set(tx, server - 1, wordOf(field, client), next);
}
