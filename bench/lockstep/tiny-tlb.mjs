// Loaded with --import: the processor gets a TLB of a few entries, so that what depends on evictions happens all the time.
import { registerHooks } from "node:module";

const ENTRIES = 8;
const BEFORE = "export const TLB_ENTRIES = 2048;";

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context);
    if (!url.endsWith("/ia32/src/state/control-area.ts")) return loaded;
    const source = String(loaded.source);
    if (!source.includes(BEFORE)) throw new Error(`${url} no longer says '${BEFORE}'`);
    return { ...loaded, source: source.replace(BEFORE, `export const TLB_ENTRIES = ${ENTRIES};`) };
  },
});
