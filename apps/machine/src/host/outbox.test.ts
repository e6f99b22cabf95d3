import { describe, expect, it } from "vitest";
import { Outbox } from "./outbox.ts";

const text = (outbox: Outbox, word: string, at: number) => {
  for (const character of word) outbox.serial(character.charCodeAt(0), at);
};

describe("the outbox", () => {
  it("keeps the order between serial output, paper, sound and events", () => {
    const outbox = new Outbox();
    text(outbox, "ab", 5);
    outbox.paper(1);
    outbox.paper(2);
    outbox.event({ event: "reset", at: 6, reason: "r" });
    const block = { at: 6, rate: 8000, idle: 0, samples: [1, 1] };
    outbox.sound(block);
    text(outbox, "c", 7);
    expect(outbox.flush(true)).toEqual([
      { kind: "serial", at: 5, bytes: Uint8Array.of(97, 98) },
      { kind: "paper", bytes: Uint8Array.of(1, 2) },
      { kind: "event", event: { event: "reset", at: 6, reason: "r" } },
      { kind: "sound", block },
      { kind: "serial", at: 7, bytes: Uint8Array.of(99) },
    ]);
    expect(outbox.flush(true)).toEqual([]);
  });

  it("cuts chunks at line ends, so that they do not depend on when it was flushed", () => {
    const outbox = new Outbox();
    text(outbox, "one\ntw", 1);
    expect(outbox.flush(false)).toEqual([{ kind: "serial", at: 1, bytes: new TextEncoder().encode("one\n") }]);
    text(outbox, "o\n", 2);
    expect(outbox.flush(false)).toEqual([{ kind: "serial", at: 1, bytes: new TextEncoder().encode("two\n") }]);
  });

  it("loses nothing of an endless line", () => {
    const outbox = new Outbox();
    text(outbox, "x".repeat(10_000), 0);
    const sizes = outbox.flush(true).map((effect) => (effect.kind === "serial" ? effect.bytes.length : 0));
    expect(sizes.reduce((a, b) => a + b)).toBe(10_000);
  });
});
