// Puts the text of small functions where they are called.
//
// The dispatch loop is one function, and V8 stops inlining into a function long before it holds all hot instructions;
// so the generator writes their meanings out. Works on this package's own formatted sources: top-level functions
// without loops in their parameters' way; `if` and `else` may stand without braces.
// Here: text in, text out. Not here: which functions, and the loop around them (→ generate-dispatch.ts).
import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";

interface Source {
  readonly parameters: readonly string[];
  /** Between the braces, comments removed, every branch in braces. */
  readonly body: string;
}

/** Index behind the bracket that closes the one at `open`. */
function closing(text: string, open: number): number {
  let depth = 0;
  for (let at = open; at < text.length; at++) {
    if ("([{".includes(text[at])) depth++;
    else if (")]}".includes(text[at]) && --depth === 0) return at + 1;
  }
  throw new Error(`unbalanced: ${text.slice(open, open + 60)}`);
}

/** Index of the `;` that ends the statement at `from`, plus one. */
function statementEnd(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    if ("([{".includes(text[at])) at = closing(text, at) - 1;
    else if (text[at] === ";") return at + 1;
  }
  throw new Error(`no end of statement: ${text.slice(from, from + 60)}`);
}

/** Gives every branch braces, so that statements can be put in front of any statement. */
function withBraces(text: string): string {
  const match = /\b(if \(|else\b(?! if))/.exec(text);
  if (match === null) return text;
  let at = match.index + match[0].length;
  if (match[1] === "if (") at = closing(text, at - 1);
  while (text[at] === " " || text[at] === "\n") at++;
  const head = text.slice(0, at);
  if (text[at] === "{") {
    const end = closing(text, at);
    return `${head}{${withBraces(text.slice(at + 1, end - 1))}}${withBraces(text.slice(end))}`;
  }
  if (text.startsWith("if (", at)) throw new Error("else if without braces");
  const end = statementEnd(text, at);
  return `${head}{ ${text.slice(at, end)} }${withBraces(text.slice(end))}`;
}

function splitArguments(text: string): string[] {
  const parts: string[] = [];
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    if ("([{".includes(text[at])) at = closing(text, at) - 1;
    else if (text[at] === ",") {
      parts.push(text.slice(from, at).trim());
      from = at + 1;
    }
  }
  const last = text.slice(from).trim();
  return last === "" ? parts : [...parts, last];
}

const SIMPLE = /^(-?\w+|[co]\.\w+|\(c\.pageBase \+ o\.\w+\)( \| 0)?)$/;

export class Inliner {
  readonly #sources = new Map<string, Source>();
  readonly #constants = new Map<string, string>();
  #serial = 0;

  /** Learns the functions and numeric constants of a module. */
  learn(file: URL): void {
    const text = stripTypeScriptTypes(readFileSync(file, "utf8"))
      .replace(/\/\*[\s\S]*?\*\//g, "")
      .replace(/^\s*\/\/.*$/gm, "");
    for (const match of text.matchAll(/^(?:export )?const ([A-Z_0-9]+)\s*= (~?-?(?:0x)?[0-9a-f_]+);/gm))
      this.#constants.set(match[1], match[2]);
    for (const match of text.matchAll(/^(?:export )?function (\w+)\(/gm)) {
      const open = match.index + match[0].length - 1;
      const close = closing(text, open);
      const brace = text.indexOf("{", close);
      const parameters = splitArguments(text.slice(open + 1, close - 1)).map((word) => word.trim());
      const body = text.slice(brace + 1, closing(text, brace) - 1);
      if (!body.includes("else if")) this.#sources.set(match[1], { parameters, body: withBraces(body) });
    }
  }

  constant(name: string, value: string): void {
    this.#constants.set(name, value);
  }

  /** `code` with every call of a function in `names` replaced by the function's text. */
  expand(code: string, names: ReadonlySet<string>): string {
    let text = withBraces(code);
    for (;;) {
      const call = this.#innermost(text, names);
      if (call === null) break;
      const [start, end, name] = call;
      const given = splitArguments(text.slice(text.indexOf("(", start) + 1, end - 1));
      const { before, value } = this.#instance(name, given);
      // In front of the statement that holds the call; braces make sure that is the same branch.
      let statement = start;
      let depth = 0;
      while (statement > 0) {
        const character = text[statement - 1];
        if (")]".includes(character)) depth++;
        else if ("([".includes(character)) depth--;
        else if (depth <= 0 && ";{}".includes(character)) break;
        statement--;
      }
      const rest = text.slice(end);
      const alone = text.slice(statement, start).trim() === "" && /^\s*;/.test(rest);
      text = alone
        ? `${text.slice(0, statement)} ${before}${value === "" ? rest.replace(/^\s*;/, "") : `${value}${rest}`}`
        : `${text.slice(0, statement)} ${before}${text.slice(statement, start)}${value}${rest}`;
    }
    return text.replace(/\b[A-Z][A-Z_0-9]+\b/g, (word) => this.#constants.get(word) ?? word);
  }

  /** A call whose arguments hold no further call to expand. */
  #innermost(text: string, names: ReadonlySet<string>): [number, number, string] | null {
    for (const match of text.matchAll(/(?<![.\w])(\w+)\(/g)) {
      if (!names.has(match[1])) continue;
      const open = match.index + match[0].length - 1;
      const end = closing(text, open);
      if (this.#innermost(text.slice(open + 1, end - 1), names) === null) return [match.index, end, match[1]];
    }
    return null;
  }

  #instance(name: string, given: readonly string[]): { before: string; value: string } {
    const source = this.#sources.get(name);
    if (source === undefined) throw new Error(`no source of ${name}`);
    const suffix = `_${++this.#serial}`;
    let { body } = source;
    let before = "";
    const rename = (from: string, to: string): void => {
      body = body.replace(new RegExp(`(?<![.\\w])${from}\\b`, "g"), () => to);
    };
    for (const local of new Set([...body.matchAll(/\b(?:const|let) (\w+)/g)].map((match) => match[1])))
      rename(local, local + suffix);
    source.parameters.forEach((parameter, i) => {
      const argument = given[i];
      if (SIMPLE.test(argument)) rename(parameter, argument);
      else {
        before += `const ${parameter}${suffix} = ${argument}; `;
        rename(parameter, parameter + suffix);
      }
    });
    const returns = [...body.matchAll(/\breturn\b/g)];
    const only = /^\s*return ([\s\S]*);\s*$/.exec(body);
    if (returns.length === 1 && only !== null) return { before, value: `(${only[1].trim()})` };
    const last = /^([\s\S]*)\breturn ([^;]*);\s*$/.exec(body);
    if (returns.length === 1 && last !== null) {
      const result = /^[\w]+$/.test(last[2].trim()) ? last[2].trim() : `(${last[2].trim()})`;
      return { before: `${before}${last[1].trim()} `, value: result };
    }
    if (returns.length === 0) return { before: `${before}${body.trim()} `, value: "" };
    const label = `L${suffix}`;
    const result = `t${suffix}`;
    const replaced = body.replace(
      /\breturn ([^;]*);/g,
      (_, expression) => `{ ${result} = ${expression}; break ${label}; }`,
    );
    const tail = replaced.trim().replace(new RegExp(`\\{ (${result} = [^;]*;) break ${label}; \\}$`), "$1");
    return { before: `${before}let ${result} = 0; ${label}: { ${tail} } `, value: result };
  }
}
