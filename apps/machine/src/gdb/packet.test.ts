import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesOf, hexOf, latin1, PACKET_SIZE, PacketReader, packet, type Received } from "./packet.ts";

function read(...pieces: (string | Uint8Array)[]): Received[] {
  const reader = new PacketReader();
  return pieces.flatMap((piece) => reader.read(typeof piece === "string" ? latin1(piece) : piece));
}

const text = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

describe("packets", () => {
  it("are framed as the manual shows", () => {
    expect(text(packet("OK"))).toBe("$OK#9a");
    expect(text(packet(""))).toBe("$#00");
    expect(read("$g#67")).toEqual([{ kind: "packet", body: "g" }]);
    expect(read("+$m0,4#fd+")).toEqual([{ kind: "packet", body: "m0,4" }]);
    expect(read("-", "\x03")).toEqual([{ kind: "resend" }, { kind: "interrupt" }]);
  });

  it("escape what would be framing", () => {
    expect(text(packet("#$}*"))).toBe("$}\x03}\x04}]}\x0a#62");
    expect(read("$X}\x03}\x04}]}\x0a#ba")).toEqual([{ kind: "packet", body: "X#$}*" }]);
    expect(read("$}#7d")).toEqual([{ kind: "packet", body: " " }]);
  });

  it("survive the way there, however the bytes are cut", () => {
    const body = fc.uint8Array({ maxLength: 200 }).map(text);
    fc.assert(
      fc.property(fc.array(body, { maxLength: 5 }), fc.nat(20), (bodies, size) => {
        const wire = bodies.flatMap((one) => [...packet(one)]);
        const reader = new PacketReader();
        const received: Received[] = [];
        for (let at = 0; at < wire.length; at += size + 1) received.push(...reader.read(wire.slice(at, at + size + 1)));
        expect(received).toEqual(bodies.map((one) => ({ kind: "packet", body: one })));
      }),
    );
  });

  it("with a wrong sum or too long are damaged, and the next one is read", () => {
    const good = { kind: "packet", body: "g" };
    const bad = { kind: "damaged" };
    expect(read("$g#68$g#67")).toEqual([bad, good]);
    expect(read("$g#xx$g#67")).toEqual([bad, good]);
    expect(read("$g$g#67")).toEqual([good]);
    const long = "a".repeat(PACKET_SIZE + 1);
    expect(read(packet(long), "$g#67")).toEqual([bad, good]);
    expect(read(packet(long.slice(1)))).toEqual([{ kind: "packet", body: long.slice(1) }]);
  });
});

describe("hexadecimal bytes", () => {
  it("go both ways, and nothing else is taken for them", () => {
    expect(hexOf([0, 15, 255])).toBe("000fff");
    expect(bytesOf("000fFF")).toEqual(Uint8Array.of(0, 15, 255));
    for (const bad of ["0", "0g", " 00", "00 "]) expect(bytesOf(bad)).toBeUndefined();
  });
});
