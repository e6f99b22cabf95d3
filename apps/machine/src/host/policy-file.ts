/**
 * The recovery policy that a machine was asked for: one of the framework's by name, or a module of the user's own.
 *
 * Here: finding and importing it. Not here: what policies are (→ @kintsugi/arc-framework).
 * @module
 */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { guarded, POLICIES, type RecoveryPolicy } from "@kintsugi/arc-framework";
import { err, ok, type Result } from "neverthrow";

export const DEFAULT_POLICY = "reference";

export interface PolicyError {
  readonly message: string;
}

/** Loads the policy of a name, or the default export of the module at a path. */
export async function loadPolicy(nameOrPath: string): Promise<Result<RecoveryPolicy, PolicyError>> {
  const known = POLICIES.get(nameOrPath);
  if (known !== undefined) return ok(known.policy);
  const path = resolve(nameOrPath);
  if (!existsSync(path))
    return bad(`is neither a policy (${[...POLICIES.keys()].join(", ")}) nor a file; check the name`);
  let module: { readonly default?: unknown };
  try {
    module = (await import(pathToFileURL(path).href)) as { readonly default?: unknown };
  } catch (error) {
    return bad(`cannot be imported: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (typeof module.default !== "function")
    return bad("has no policy as its default export; write: export default (failure, history, program) => …");
  return ok(guarded(module.default as RecoveryPolicy));

  function bad(what: string): Result<never, PolicyError> {
    return err({ message: `--policy ${nameOrPath} ${what}` });
  }
}
