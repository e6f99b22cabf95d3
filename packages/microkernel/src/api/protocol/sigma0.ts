/**
 * Sigma0 protocol: asking the owner of all memory for a region.
 *
 * Here: labels. Request: u = 2, MR1 fpage (base all ones: any region of that size), MR2 attributes.
 * Reply: one map item; a map item of the nil fpage refuses.
 * Not here: sigma0 itself (@kintsugi/arc-framework). Reference: X.2, sigma0 protocol.
 * @module
 */
export const LABEL_SIGMA0 = 0xffa0;
export const LABEL_SIGMA0_EXTENDED = 0xc170;
/** Base of an fpage that asks for any region, shifted as it stands in the word. */
export const SIGMA0_ANY_BASE = -0x400; // 0xfffffc00
