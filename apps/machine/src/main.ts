#!/usr/bin/env node
/**
 * The `kintsugi` command.
 *
 * Here: nothing but the hand-over; a command's code is loaded when it is run. Reference: README.md.
 * @module
 */
import { runCommandLine } from "./commands/program.ts";

process.exitCode = await runCommandLine(process.argv.slice(2));
