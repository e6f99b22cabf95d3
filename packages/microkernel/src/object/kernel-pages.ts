/**
 * The kernel's pages that every space sees: the KIP, and the word behind %gs:0.
 *
 * Here: their frames. Not here: the KIP's words (→ glue/ia32/kip-page.ts), who has them mapped (→ address-space.ts).
 * @module
 */
import { PTE_PRESENT, PTE_USER } from "@kintsugi/ia32";
import { PAGE_BITS } from "../api/fpage.ts";
import { LOCAL_ID_PAGE } from "../api/kip.ts";
import type { Arena } from "../table/arena.ts";
import { H } from "../table/layout.ts";
import { takeFrame } from "./kernel-frames.ts";

/** The KIP, and the page behind %gs:0 with the page table that all spaces share for it. */
export function makeKernelPages(a: Arena): void {
  a.set(H.kip, takeFrame(a, 0));
  a.set(H.localIdPage, takeFrame(a, 0));
  const table = takeFrame(a, 0);
  a.set(H.localIdTable, table);
  const index = (LOCAL_ID_PAGE >>> PAGE_BITS) & 0x3ff;
  a.memory.write32(table + 4 * index, a.get(H.localIdPage) | PTE_PRESENT | PTE_USER);
}
