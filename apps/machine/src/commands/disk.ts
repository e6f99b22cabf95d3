/**
 * `kintsugi disk image FILE`: the disk that the machine boots from, as a file.
 *
 * Here: commander's part. Not here: what is on it (→ ../system/tree.ts).
 * @module
 */
import { writeFileSync } from "node:fs";
import { type Command, InvalidArgumentError } from "commander";
import { systemImage } from "../system/tree.ts";
import { UsageError } from "./options.ts";

const LARGEST_MIB = 256;

function parseSize(text: string): number {
  const size = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (size < 1 || size > LARGEST_MIB)
    throw new InvalidArgumentError(`it wants whole megabytes from 1 to ${LARGEST_MIB}`);
  return size;
}

export function diskCommand(program: Command, ended: (code: number) => void): void {
  const disk = program.command("disk").description("disks of the reference machine");
  disk
    .command("image")
    .description("write the disk that the machine boots from: an Ext2 file system, for --disk and for other programs")
    .argument("<FILE>", "a new file")
    .option("--size <MB>", "how large it is (default: 4)", parseSize)
    .action((path: string, { size }: { size?: number }) => {
      const image = systemImage(size === undefined ? undefined : size * 1024);
      if (image.isErr()) throw new UsageError(`--size ${size}: ${image.error.text}; give more`);
      try {
        writeFileSync(path, image.value, { flag: "wx" });
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        throw new UsageError(
          `disk image ${path}: ${code === "EEXIST" ? "there is such a file already; name a new one" : message}`,
        );
      }
      process.stderr.write(`kintsugi: ${image.value.length / 1024} KiB of Ext2 in ${path}\n`);
      ended(0);
    });
}
