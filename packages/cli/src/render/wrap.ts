/** The SGR codes around a cell that is painted as a whole. */
const codes = "(?:\\u001B\\[\\d+m)*";
const painted = new RegExp(`^(${codes})(.*?)(${codes})$`, "s");

/** Lines of at most `width` characters, broken between words, and within a word where it alone is longer. */
export function wrap(text: string, width: number): readonly string[] {
  return text.split("\n").flatMap((line) => {
    const [, open = "", inner = "", close = ""] = painted.exec(line) ?? [];
    return wrapLine(inner, width).map((part) => `${open}${part}${close}`);
  });
}

function wrapLine(line: string, width: number): readonly string[] {
  const lines: string[] = [];
  let current = "";
  for (const word of line.split(" ").flatMap((each) => pieces(each, width))) {
    const joined = current === "" ? word.text : `${current}${word.isRest ? "" : " "}${word.text}`;
    if (joined.length <= width) current = joined;
    else {
      lines.push(current);
      current = word.text;
    }
  }
  return [...lines, current];
}

interface Piece {
  readonly text: string;
  /** Goes on where the piece before ended. */
  readonly isRest: boolean;
}

/** A word, in parts where it is too long: after a sign that names are made with, else anywhere. */
function pieces(word: string, width: number): readonly Piece[] {
  const parts: Piece[] = [];
  let rest = word;
  while (rest.length > width) {
    const most = rest.slice(0, width);
    const sign = Math.max(...["/", ".", "-", ":", "@", ","].map((each) => most.lastIndexOf(each)));
    const end = sign > 0 ? sign + 1 : width;
    parts.push({ text: rest.slice(0, end), isRest: parts.length > 0 });
    rest = rest.slice(end);
  }
  return [...parts, { text: rest, isRest: parts.length > 0 }];
}
