import pc from "picocolors";

type Paint = (text: string) => string;

/** What colours mean here. Without colour every function gives its text back. */
export interface Style {
  readonly add: Paint;
  readonly change: Paint;
  readonly remove: Paint;
  readonly good: Paint;
  readonly warning: Paint;
  readonly error: Paint;
  readonly strong: Paint;
  readonly faint: Paint;
  readonly accent: Paint;
  /** Of the terminal; undefined where it has no end. */
  readonly columns?: number | undefined;
}

export function createStyle(colored: boolean, columns?: number): Style {
  const colors = pc.createColors(colored);
  return {
    add: colors.green,
    change: colors.yellow,
    remove: colors.red,
    good: colors.green,
    warning: colors.yellow,
    error: (text) => colors.bold(colors.red(text)),
    strong: colors.bold,
    faint: colors.dim,
    accent: colors.cyan,
    columns,
  };
}
