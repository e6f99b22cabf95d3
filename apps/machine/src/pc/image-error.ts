/**
 * ImageError: what is wrong with a kernel, a module or a ROM that was to be loaded.
 *
 * @module
 */

/** Why an image cannot be booted; `message` says it in words for whoever gave it. */
export interface ImageError {
  readonly code: "not-multiboot" | "not-bzimage" | "broken" | "unsupported" | "too-large";
  readonly message: string;
}
