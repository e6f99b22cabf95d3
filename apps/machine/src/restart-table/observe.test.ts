import { describe, expect, it } from "vitest";
import { tableLines } from "./format.ts";
import { observeLevel, TABLE_LEVELS } from "./observe.ts";

/** docs/protocols.md, section 6; architecture, "Restart table". */
const TABLE = [
  "level      thread id  space      text       data       heap       stack      persistent shared     at client  session    open       queued     later",
  "handler    kept       kept       kept       kept       kept       kept       kept       kept       kept       kept       served     served     served",
  "hot        kept       kept       renewed    renewed    renewed    renewed    kept       kept       kept       kept       served     served     served",
  "warm       kept       renewed    renewed    renewed    renewed    renewed    kept       kept       kept       kept       served     served     served",
  "cold       kept       renewed    renewed    renewed    renewed    renewed    renewed    gone       kept       gone       error      error      served",
  "group      kept       renewed    renewed    renewed    renewed    renewed    renewed    gone       kept       gone       error      error      served",
  "remove     gone       gone       gone       gone       gone       gone       gone       gone       kept       gone       error      error      none",
  "reboot     renewed    renewed    renewed    renewed    renewed    renewed    renewed    gone       gone       gone       none       none       served",
];

describe("what a restart leaves", () => {
  it.each(TABLE_LEVELS.map((level, i) => [level, i] as const))("%s", (level, i) => {
    expect(tableLines([observeLevel(level)])).toEqual([TABLE[0], TABLE[i + 1]]);
  });
});
