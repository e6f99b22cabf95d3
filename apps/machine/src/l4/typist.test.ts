import { expect, it } from "vitest";
import { Typist } from "./typist.ts";

function setUp() {
  const wire = {
    empty: true,
    sent: "",
    type: (bytes: Iterable<number>): void => {
      wire.sent += String.fromCharCode(...bytes);
    },
  };
  const typist = new Typist(wire);
  typist.type([0x61, 0x62], 0);
  return { wire, typist };
}

it("a key is typed when the guest polls for one, and not while it only prints", () => {
  const { wire, typist } = setUp();
  for (let n = 0; n < 100; n++) {
    typist.polled(false, n);
    if (n % 8 === 7) typist.used();
  }
  expect(wire.sent).toBe("");
  for (let n = 0; n < 16; n++) typist.polled(false, n);
  expect(wire.sent).toBe("a");
});

it("the next key waits until the one before it has been read", () => {
  const { wire, typist } = setUp();
  expect(typist.asked(1)).toBe(true);
  wire.empty = false;
  expect([typist.asked(2), typist.empty]).toEqual([false, false]);
  wire.empty = true;
  expect([typist.asked(3), wire.sent, typist.empty, typist.asked(4)]).toEqual([true, "ab", true, false]);
});

it("after a second the key is typed anyway", () => {
  const { wire, typist } = setUp();
  typist.advance(999_999_999);
  expect(wire.sent).toBe("");
  typist.advance(1_000_000_000);
  expect(wire.sent).toBe("a");
});
