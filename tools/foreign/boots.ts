/**
 * Foreign boots: which systems, how they are started, and how one sees that they work.
 *
 * Here: the list, as command lines of `kintsugi pc`. Not here: where images come from (→ packages.ts), who runs them (→ run.ts).
 * @module
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { DRIVES_DONE, drivesScript, emptyDisk, wrongDrives } from "./drives.ts";
import { initrd } from "./initrd.ts";
import { inLoadingOrder } from "./modules.ts";
import type { Packages } from "./packages.ts";
import { wrongResults } from "./steps.ts";

export interface Boot {
  readonly name: string;
  /** Words for `kintsugi pc`. */
  readonly words: readonly string[];
  /** What is wrong with what it sent; empty when all is right. */
  check(output: string): readonly string[];
}

/** Enough virtual time for the slowest, so that nothing hangs. */
const LIMIT = ["--limit", "2000"];
const PROMPT = "guest# ";

/** "ci": of every change; "long": more, with packages that the others do not need. */
export type Tier = "ci" | "long";

/** Writes the images into `folder`. @throws what fetching them throws */
export function foreignBoots(packages: Packages, folder: string, tier: Tier): readonly Boot[] {
  mkdirSync(folder, { recursive: true });
  const put = (name: string, bytes: Uint8Array): string => {
    writeFileSync(join(folder, name), bytes);
    return join(folder, name);
  };
  const text = (name: string): string => readFileSync(join(import.meta.dirname, name), "utf8");
  const busybox = packages.file("busybox-static", "bin/busybox");
  const ramDisk = put("initrd.gz", initrd(busybox, text("init"), { steps: text("steps") }));
  const kernel = (flavour: string): string =>
    put(`vmlinuz-${flavour}`, packages.file(packages.dependency(`linux-image-${flavour}`), "boot/vmlinuz-*"));
  const linux = (flavour: string, script: readonly string[], disk: string = ramDisk, options = ""): string[] => {
    const append = `console=ttyS0 ${options}`.trim();
    const words = ["--kernel", kernel(flavour), "--initrd", disk, "--append", append];
    return [...words, "--await", PROMPT, ...script, ...LIMIT];
  };
  const shell = (flavour: string): Boot => ({
    name: `Linux ${flavour} to the shell`,
    words: linux(flavour, ["--type", "echo sum $((6*7)) $(uname -m)\\n", "--until", "sum 42 i686"]),
    check: () => [],
  });
  const steps = (flavour: string): Boot => ({
    name: `Linux ${flavour}, every step`,
    words: linux(flavour, ["--type", "sh steps\\n", "--until", "STEPS DONE"]),
    check: (output) => wrongResults(output, busybox),
  });
  const bios = put("bios.bin", packages.file("seabios", "usr/share/seabios/bios.bin"));
  const videoBios = put("vgabios.bin", packages.file("seabios", "usr/share/seabios/vgabios-stdvga.bin"));
  /** GRUB's menu, then its command line. */
  const grubScript = [
    ...["--await", "Press enter", "--type", "c", "--await", "grub>", "--type", "set answer=42\\n"],
    ...["--await", "grub>", "--type", "echo It is $answer.\\n", "--until-screen", "It is 42.", ...LIMIT],
  ];
  const grub = put("grub.iso", packages.file("grub-rescue-pc", "usr/lib/grub-rescue/grub-rescue-cdrom.iso"));
  const drives = (): Boot => {
    const modules = packages.files(packages.dependency("linux-image-686"), ".ko");
    const needed = inLoadingOrder(["ata_piix", "sd_mod", "sr_mod"], modules);
    const files = Object.fromEntries(needed.map((file) => [basename(file), readFileSync(file)]));
    const withModules = put(
      "initrd-drives.gz",
      initrd(busybox, text("init"), { ...files, drives: drivesScript(needed, busybox) }),
    );
    const disk = put("disk.img", emptyDisk());
    // The kernel's tests of its own ciphers are most of its start, and none of this.
    const script = ["--hda", disk, "--cdrom", grub, "--type", "sh drives\\n", "--until", DRIVES_DONE];
    return {
      name: "Linux 686 on a disk and a disc, by DMA",
      words: linux("686", script, withModules, "cryptomgr.notests"),
      check: (output) => wrongDrives(output, disk, readFileSync(grub), busybox),
    };
  };
  const grubFromDisk = (): Boot => {
    const disk = put("grub-disk.img", packages.file("grub-rescue-pc", "usr/lib/grub-rescue/grub-rescue-floppy.img"));
    return {
      name: "GRUB from a disk",
      words: ["--bios", bios, "--vgabios", videoBios, "--hda", disk, ...grubScript],
      check: () => [],
    };
  };
  const bochsBios = (): Boot => {
    const other = put("bochs-bios.bin", packages.file("bochsbios", "usr/share/bochs/BIOS-bochs-legacy"));
    const display = put("bochs-vgabios.bin", packages.file("vgabios", "usr/share/vgabios/vgabios.bin"));
    return {
      name: "GRUB from a disc, by the BIOS of Bochs",
      words: ["--bios", other, "--vgabios", display, "--cdrom", grub, ...grubScript],
      check: () => [],
    };
  };
  const iPxe = (): Boot => {
    const disc = put("ipxe.iso", packages.file("ipxe", "usr/lib/ipxe/ipxe.iso"));
    return {
      name: "iPXE from a disc, by ISOLINUX",
      words: [
        ...[
          "--bios",
          bios,
          "--vgabios",
          videoBios,
          "--cdrom",
          disc,
          "--await",
          "Ctrl-B",
          "--type",
          "{ControlLeft+KeyB}",
        ],
        ...[
          "--await",
          "iPXE>",
          "--type",
          "set answer 42\\n",
          "--await",
          "iPXE>",
          "--type",
          "echo It is $\\{answer}.\\n",
        ],
        ...["--until-screen", "It is 42.", ...LIMIT],
      ],
      check: () => [],
    };
  };
  const invaders = (): Boot => {
    const game = put("invaders.elf", packages.file("grub-invaders", "boot/invaders.exec"));
    return {
      name: "a game that is a multiboot kernel",
      words: ["--kernel", game, "--until-screen", "-*-", ...LIMIT],
      check: () => [],
    };
  };
  const memtest = (): Boot => {
    const kernel = put("memtest.bin", packages.file("memtest86+", "boot/memtest86+ia32.bin"));
    return {
      name: "memtest86+, one pass over 16 MiB",
      words: ["--kernel", kernel, "--memory", "16", "--until-screen", "Press any key to remove this banner", ...LIMIT],
      check: () => [],
    };
  };
  const grubFromDisc: Boot = {
    name: "GRUB from a disc",
    words: ["--bios", bios, "--vgabios", videoBios, "--cdrom", grub, ...grubScript],
    check: () => [],
  };
  const every = [shell("686"), shell("686-pae"), grubFromDisc];
  if (tier === "ci") return every;
  const firmware = [grubFromDisk(), bochsBios(), iPxe()];
  return [...every, ...firmware, invaders(), drives(), steps("686"), steps("686-pae"), memtest()];
}
