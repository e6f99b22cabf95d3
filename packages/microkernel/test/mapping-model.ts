/**
 * Mapping model: who has which page from whom, kept in the plainest way.
 *
 * Here: maps, grants and unmaps page by page; the kernel's tables must say the same. Not here: fpages, the kernel.
 * @module
 */
import { FPAGE_W } from "../src/index.ts";

/** A page that somebody has: frame, rights, from whom. sigma0's have no parent. */
class Page {
  readonly frame: number;
  writable: boolean;
  parent: Page | null;

  constructor(frame: number, writable: boolean, parent: Page | null) {
    this.frame = frame;
    this.writable = writable;
    this.parent = parent;
  }
}

/** Owners by number; 0 is sigma0, who has every page, and gets none. */
export class MappingModel {
  readonly #pages: Map<number, (Page | null)[]> = new Map();
  readonly #count: number;

  constructor(count: number) {
    this.#count = count;
    this.#pages.set(
      0,
      Array.from({ length: count }, (_, n) => new Page(n, true, null)),
    );
  }

  /** What an owner has: frame and `w` or `r` for each page, `-` for none. */
  show(owner: number): string {
    return this.#of(owner)
      .map((one) => (one === null ? "-" : `${one.frame}${one.writable ? "w" : "r"}`))
      .join(" ");
  }

  map(from: number, page: number, to: number, at: number, write: boolean): void {
    const source = this.#of(from)[page];
    const there = this.#of(to)[at];
    if (source === null || there === source || to === 0) return;
    const writable = write && source.writable;
    if (there?.frame !== source.frame) {
      if (there !== null) this.#remove(there);
      this.#of(to)[at] = new Page(source.frame, writable, source);
    } else if (writable && !there.writable) {
      there.writable = true;
      there.parent = source;
    }
  }

  /** The receiver takes the giver's place in the tree, with what the giver gave away itself. */
  grant(from: number, page: number, to: number, at: number, write: boolean): void {
    const source = this.#of(from)[page];
    if (from === 0) this.map(from, page, to, at, write);
    if (source === null || from === 0 || to === 0) return;
    const there = this.#of(to)[at];
    if (there === source) return;
    const children = this.#derived(source).filter((one) => one.parent === source);
    if (there !== null && this.#isAbove(there, source)) {
      for (const child of children) child.parent = source.parent;
      this.#remove(source);
      return;
    }
    if (there !== null) this.#remove(there);
    const granted = new Page(source.frame, write && source.writable, source.parent);
    this.#of(to)[at] = granted;
    for (const child of children) if (this.#all().includes(child)) child.parent = granted;
    if (!granted.writable) for (const one of this.#derived(granted)) one.writable = false;
    this.#remove(source);
  }

  unmap(owner: number, page: number, rights: number, flush: boolean): void {
    const own = this.#of(owner)[page];
    if (own === null) return;
    const victims = [...this.#derived(own), ...(flush && owner !== 0 ? [own] : [])];
    for (const victim of victims) {
      if (rights >= 4) this.#drop(victim);
      else if (rights & FPAGE_W) victim.writable = false;
    }
  }

  /** An owner is gone, with all that came from it. */
  forget(owner: number): void {
    for (const page of this.#of(owner)) if (page !== null) this.#remove(page);
    this.#pages.delete(owner);
  }

  #of(owner: number): (Page | null)[] {
    let pages = this.#pages.get(owner);
    if (pages === undefined) {
      pages = new Array<Page | null>(this.#count).fill(null);
      this.#pages.set(owner, pages);
    }
    return pages;
  }

  #remove(page: Page): void {
    for (const one of [...this.#derived(page), page]) this.#drop(one);
  }

  #drop(page: Page): void {
    for (const list of this.#pages.values()) for (let n = 0; n < list.length; n++) if (list[n] === page) list[n] = null;
  }

  #all(): Page[] {
    return [...this.#pages.values()].flat().filter((one) => one !== null);
  }

  #isAbove(above: Page, page: Page): boolean {
    for (let at = page.parent; at !== null; at = at.parent) if (at === above) return true;
    return false;
  }

  #derived(page: Page): Page[] {
    return this.#all().filter((one) => this.#isAbove(page, one));
  }
}
