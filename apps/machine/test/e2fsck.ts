/**
 * The judge of Ext2 images: ours, and in the long tier and by `npm run ext2:judge` e2fsck as well.
 *
 * Here: one list of problems. Not here: the checker (→ ../src/ext2/check.ts).
 * @module
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkExt2 } from "../src/ext2/check.ts";
import { LONG } from "./tier.ts";

/** In the long tier, and when `npm run ext2:judge` wants it. */
export const JUDGED: boolean = LONG || process.env.KINTSUGI_E2FSCK === "1";

/** e2fsck by name, or what `npm run ext2:judge` has fetched. */
const PROGRAM: string = process.env.KINTSUGI_E2FSCK_PROGRAM ?? "e2fsck";

/** Runs e2fsck over an image in a file. @throws Error when there is none */
function run(
  option: string,
  image: Uint8Array,
): { readonly status: number | null; readonly said: string; readonly image: Uint8Array } {
  const folder = mkdtempSync(join(tmpdir(), "kintsugi-e2fsck-"));
  try {
    const file = join(folder, "image");
    writeFileSync(file, image);
    const path = `${process.env.PATH}:/usr/sbin:/sbin`;
    const { status, stdout, error } = spawnSync(PROGRAM, [option, file], {
      encoding: "utf8",
      env: { ...process.env, PATH: path },
    });
    if (error) throw new Error(`e2fsck judges Ext2 images (Debian: apt install e2fsprogs): ${error.message}`);
    return { status, said: stdout, image: readFileSync(file) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * What `e2fsck -fn` says of an image, when it is not content.
 * @throws Error when there is no e2fsck
 */
export function e2fsck(image: Uint8Array): string[] {
  const { status, said } = run("-fn", image);
  return status === 0 ? [] : said.split("\n").filter((line) => line !== "" && !line.startsWith("Pass"));
}

/** The image as `e2fsck -fy` leaves it. @throws Error when there is no e2fsck, or it cannot mend the image */
export function mended(image: Uint8Array): Uint8Array {
  const done = run("-fy", image);
  if (done.status === null || done.status > 1) throw new Error(`e2fsck -fy ended with ${done.status}: ${done.said}`);
  return done.image;
}

/** What is wrong with an image: nothing, or lines. */
export function problemsOf(image: Uint8Array): string[] {
  const ours = checkExt2(image);
  return JUDGED && ours.length === 0 ? e2fsck(image) : ours;
}
