import { describe, expect, it } from "vitest";
import { DebugPorts } from "./chip.ts";
import { DEBUG_CONSOLE, DEBUG_CONSOLE_PRESENT, DEBUG_POST } from "./registers.ts";

describe("debug ports", () => {
  it("hand over bytes and POST codes, and show that they are there", () => {
    const log: string[] = [];
    const ports = new DebugPorts({
      onByte: (byte) => log.push(`byte ${byte}`),
      onPost: (code) => log.push(`post ${code}`),
    });
    ports.write(DEBUG_CONSOLE, 0x41);
    ports.write(DEBUG_POST, 0xee);
    ports.write(2, 1);
    expect(log).toEqual(["byte 65", "post 238"]);
    expect([DEBUG_CONSOLE, DEBUG_POST, 2].map((offset) => ports.read(offset))).toEqual([
      DEBUG_CONSOLE_PRESENT,
      0xee,
      0xff,
    ]);
    expect(ports.state).toEqual({ version: 1, post: 0xee });
  });
});
