/**
 * Foreign boots: what they are made of and judged by; in the long tier every one of them.
 * @module
 */

import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { LONG } from "../../apps/machine/test/tier.ts";
import { type Boot, foreignBoots } from "./boots.ts";
import { cpio, initrd, PROGRAM } from "./initrd.ts";
import { Packages } from "./packages.ts";
import { KEPT, runBoot } from "./run.ts";
import { rightResults, wrongResults } from "./steps.ts";

describe("an initial RAM disk", () => {
  it("is a cpio archive with headers of 110 characters, names and files at multiples of four", () => {
    const archive = Buffer.from(cpio([{ name: "init", mode: PROGRAM, bytes: "#!/x\n" }])).toString("latin1");
    const header = `070701000000010000${PROGRAM.toString(16)}0000000000000000000000010000000000000005`;
    expect(archive.startsWith(header)).toBe(true);
    expect(archive.slice(110, 124)).toBe("init\0\0#!/x\n\0\0\0");
    expect(archive.slice(124 + 110, 124 + 120)).toBe("TRAILER!!!");
    expect(archive.length % 4).toBe(0);
  });

  it("has busybox, a console and the files", () => {
    const archive = gunzipSync(initrd(Uint8Array.of(1), "i", { steps: "s" })).toString("latin1");
    for (const name of ["bin/busybox", "dev/console", "init", "tmp/steps"]) expect(archive).toContain(`${name}\0`);
  });
});

describe("the steps", () => {
  it("are right when every line is, and wrong ones are named", () => {
    const busybox = new TextEncoder().encode("abcd\nxyz\n");
    const right = rightResults(busybox);
    expect([right.get("awkint"), right.get("grep")]).toEqual(["47406", "4"]);
    const lines = [...right].map(([name, result]) => `E ${name} ${result}  -\r`).join("\n");
    expect(wrongResults(lines, busybox)).toEqual([]);
    expect(wrongResults(lines.replace("47406", "47407"), busybox)).toEqual(["step awkint: 47407 instead of 47406"]);
    expect(wrongResults("", busybox).length).toBe(right.size);
  });
});

if (LONG)
  describe("a foreign system", () => {
    const packages = new Packages(KEPT);
    const boots: readonly Boot[] = foreignBoots(packages, join(KEPT, "images"), "long");
    it("Linux saved in the middle of its start goes on in a new process, and two starts are the same", async () => {
      const linux = boots.find(({ name }) => name.includes("to the shell")) as Boot;
      const words = linux.words.map((word) => (word === "console=ttyS0" ? "console=ttyS0 cryptomgr.notests" : word));
      const file = join(KEPT, "linux.snapshot");
      const run = async (...more: string[]) => {
        const { wrong, output } = await runBoot({ ...linux, words: [...more, "--json"] });
        expect(wrong).toEqual([]);
        const events = output
          .trim()
          .split("\n")
          .map((line) => JSON.parse(line));
        return { end: events.at(-1), text: events.map(({ text = "" }) => text).join("") };
      };
      const whole = await run(...words, "--save", `5=${file}`);
      expect([whole.end.reason, whole.text.includes("sum 42 i686")]).toEqual(["until", true]);
      const script = words.slice(words.indexOf("--await"));
      const rest = await run("--restore", file, ...script);
      expect(rest.end).toEqual(whole.end);
      expect([rest.text.length > 1000, whole.text.endsWith(rest.text)]).toEqual([true, true]);
      expect((await run(...words)).end).toEqual(whole.end);
    });

    it.each(boots)("$name", async (boot) => {
      expect((await runBoot(boot)).wrong).toEqual([]);
    });
  });
