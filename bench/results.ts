/**
 * bench/RESULTS.md: sections that are measured one by one, each with the machine and the day.
 *
 * Here: taking the file apart and putting a section into it; tables. Not here: what sections say (run.ts).
 */
const HEAD = `# Measured

Written by \`npm run bench\`, section by section. Trust ratios within a section; absolute figures are that machine's.`;

type Cell = string | number;

/** A table: names on the left, numbers to the right. */
export function table(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const line = (cells: readonly Cell[]) => `| ${cells.join(" | ")} |`;
  const rule = head.map((_, i) => (i === 0 ? "---" : "--:"));
  return [line(head), line(rule), ...rows.map(line)].join("\n");
}

/** The sections of a text, by their titles. */
export function sectionsOf(text: string): Map<string, string> {
  const sections = new Map<string, string>();
  for (const part of text.split(/^(?=## )/m).slice(1)) sections.set(titleOf(part), part.trim());
  return sections;
}

/** The title of a section. */
export function titleOf(section: string): string {
  return /^## (.*)$/m.exec(section)?.[1] ?? "";
}

/** `text` with `section` in the place of the one with the same title, or at the end. */
export function withSection(text: string, section: string): string {
  const sections = sectionsOf(text);
  sections.set(titleOf(section), section);
  return `${[HEAD, ...sections.values()].join("\n\n")}\n`;
}
