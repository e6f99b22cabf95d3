/**
 * `kintsugi lfs`: disks with a log-structured file system, in host files.
 *
 * Here: commander's part. What a command does is loaded when it is run. Not here: what options may say (→ options.ts),
 * the commands (→ volume.ts, files.ts, history.ts), the file system (→ @kintsugi/lfs).
 * @module
 */
import { type Command, Option } from "commander";
import { EXIT_FAILED } from "../exit-codes.ts";
import { UsageError } from "../options.ts";
import { parseCount, parseSize } from "./options.ts";

const HELP = `
IMG is a host file that holds the disk. Paths in it begin at its root.
Exit code: 0 done, 1 a missing, full or broken disk or file, 2 an impossible option`;

/** Adds the command; `ended` hears the exit code. */
export function lfsCommand(program: Command, ended: (code: number) => void): void {
  const lfs = program
    .command("lfs")
    .description("make, check, read, write and map disks with a log-structured file system")
    .addHelpText("after", HELP);
  const run = async (image: string, work: () => Promise<number>): Promise<void> => {
    try {
      ended(await work());
    } catch (reason) {
      if (reason instanceof UsageError) throw reason;
      const { describe } = await import("./disk.ts");
      process.stderr.write(`kintsugi: ${describe(image, reason)}\n`);
      ended(EXIT_FAILED);
    }
  };
  const at = (): Option =>
    new Option("--at <SERIAL>", "as of this checkpoint (kintsugi lfs snapshots lists them)").argParser(
      parseCount("--at", "the serial of a checkpoint"),
    );
  volumeCommands(lfs, run);
  fileCommands(lfs, run, at);
  mountCommand(lfs, run, at);
  lfs
    .command("snapshots <IMG>")
    .description(
      "list the checkpoints that are whole, oldest first, as 'serial time', and 'pinned' behind those that stay",
    )
    .option("--since <SERIAL>", "list what changed since this one instead", parseCount("--since", "a serial"))
    .option("--pin <SERIAL>", "keep this one whatever is written and cleaned", parseCount("--pin", "a serial"))
    .option("--unpin <SERIAL>", "give up what only this one keeps", parseCount("--unpin", "a serial"))
    .addOption(at())
    .action((image, flags) => run(image, async () => (await import("./history.ts")).snapshots(image, flags)));
  lfs
    .command("map <IMG> [PAGE]")
    .description("write an HTML page of live, dead and age by segment and checkpoint (default: to stdout)")
    .action((image, page) => run(image, async () => (await import("./history.ts")).map(image, page)));
}

function mountCommand(lfs: Command, run: Run, at: () => Option): void {
  lfs
    .command("mount <IMG> <DIR>")
    .description("serve the disk on a directory until it is unmounted (Linux, as root)")
    .option("--read-only", "change nothing")
    .addOption(at())
    .action((image, directory, flags) =>
      run(image, async () => (await import("./mount.ts")).mount(image, directory, flags)),
    );
}

type Run = (image: string, work: () => Promise<number>) => Promise<void>;

function volumeCommands(lfs: Command, run: Run): void {
  lfs
    .command("newfs <IMG>")
    .description("make an empty file system (NetBSD's version 2, 32-bit, unless another is asked for)")
    .option("--size <SIZE>", "bytes of the disk, such as 64M (default: those of the file)", parseSize("--size"))
    .option("--bsize <SIZE>", "a block (default: 8K, below 32M 4K)", parseSize("--bsize"))
    .option("--fsize <SIZE>", "a fragment (default: an eighth of a block)", parseSize("--fsize"))
    .option("--ssize <SIZE>", "a segment (default: 1M, less on a small disk)", parseSize("--ssize"))
    .addOption(
      new Option("--format <FORMAT>", "how the disk is kept: NetBSD's version 2 or 1, or 4.4BSD's version 1")
        .choices(["v2", "v1-netbsd", "v1-44bsd"])
        .default("v2"),
    )
    .option("-f, --force", "overwrite what is in the file")
    .action((image, flags) => run(image, async () => (await import("./volume.ts")).newfs(image, flags)));
  lfs
    .command("dump <IMG>")
    .description("print superblock, segments and partial segments")
    .action((image) => run(image, async () => (await import("./volume.ts")).dump(image)));
  lfs
    .command("fsck <IMG>")
    .description("check every rule; exit code 0 only when clean")
    .option("-y, --yes", "repair what is wrong, and say what is lost by it")
    .action((image, flags) => run(image, async () => (await import("./volume.ts")).check(image, flags)));
  lfs
    .command("clean <IMG>")
    .description("move live blocks together, so that segments become clean")
    .option("--segments <N>", "clean at most so many (default: once round)", parseCount("--segments", "a number"))
    .action((image, flags) => run(image, async () => (await import("./volume.ts")).clean(image, flags)));
}

function fileCommands(lfs: Command, run: Run, at: () => Option): void {
  const files = () => import("./files.ts");
  lfs
    .command("ls <IMG> [PATH]")
    .description("list a directory")
    .option("-R, --recursive", "print 'size path' for every file below it")
    .addOption(at())
    .action((image, path, flags) => run(image, async () => (await files()).list(image, path ?? "/", flags)));
  lfs
    .command("cat <IMG> <PATHS...>")
    .description("print files")
    .addOption(at())
    .action((image, paths, flags) => run(image, async () => (await files()).cat(image, paths, flags)));
  lfs
    .command("put <IMG> <HOSTFILE> <PATH>")
    .description("copy a host file to PATH, or into it if it is a directory")
    .action((image, from, to) => run(image, async () => (await files()).put(image, from, to)));
  lfs
    .command("get <IMG> <PATH> [HOSTFILE]")
    .description("copy a file to the host (default: here, under its own name)")
    .addOption(at())
    .action((image, from, to, flags) => run(image, async () => (await files()).get(image, from, to, flags)));
  lfs
    .command("import <IMG> <DIR> [PATH]")
    .description("copy what is in a host directory to the root or PATH")
    .action((image, from, to) => run(image, async () => (await files()).importTree(image, from, to ?? "/")));
  lfs
    .command("export <IMG> <DIR> [PATH]")
    .description("copy what is in the root or PATH to a new or empty host directory")
    .addOption(at())
    .action((image, to, from, flags) =>
      run(image, async () => (await files()).exportTree(image, to, from ?? "/", flags)),
    );
}
