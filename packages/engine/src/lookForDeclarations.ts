import {
  type InputFile,
  kinds,
  makeProblem,
  type Problem,
  readDocuments,
  type StrayDeclaration,
  say,
  strayDeclarations,
  testKinds,
} from "@isthmus/core";

/** A declaration of ours, as a line of its own or within `{…}` on one line. */
const declaration = /^[\s-]*(?:[[{](?:.*[[{,])?\s*)?["']?apiVersion["']?\s*:\s*["']?isthmus\.io\//m;

/** Whether it is worth looking for what was meant to be a declaration. */
const suspicion = new RegExp(`${kinds.join("|")}|apiVersion["']?\\s*:\\s*["']?i`, "i");

/** What a document of a file that cannot be parsed has to say to count as one of ours all the same: our group, or our kind. */
const ourVersion = /\bisthmus\.io\/v\d/;
const ourKind = new RegExp(`^[\\s-]*(?:[[{].*)?["']?\\bkind["']?\\s*:[\\s["']*(?:${kinds.join("|")})\\b`, "m");
const testKind = new RegExp(`["']?\\bkind["']?\\s*:[\\s["']*(?:${testKinds.join("|")})\\b`);
/** And not another's: templates of Helm and CloudFormation cannot be parsed either, and some products have a Mesh. */
const otherVersion = /^[\s-]*(?:[[{].*)?["']?apiVersion["']?\s*:\s*["']?[\w.-]+\//m;

export interface FoundDeclarations {
  /** Whether it declares something, or was meant to: what is wrong with it is then told by what parses it. */
  readonly declares: boolean;
  /** KIND_NAMESAKE. */
  readonly namesakes: readonly Problem[];
}

/** Whether a file is one of ours. Other manifests in the same folder are none of our business, unless a file is named. */
export function lookForDeclarations(file: InputFile, isNamed: boolean): FoundDeclarations {
  if (isNamed || declaration.test(file.text)) return { declares: true, namesakes: [] };
  if (file.text.split(/^---/m).some(isMeant) && !readDocuments(file).complete) return { declares: true, namesakes: [] };
  const strays = suspicion.test(file.text) ? strayDeclarations(file) : [];
  if (strays.some(({ type }) => type === "meant")) return { declares: true, namesakes: [] };
  return { declares: false, namesakes: strays.map(namesake) };
}

/** PathTests, which nobody leaves out by not reading them as declarations. */
export function holdsOnlyTests({ text }: InputFile): boolean {
  return testKind.test(text) && !ourKind.test(text);
}

function isMeant(text: string): boolean {
  return ourVersion.test(text) || (ourKind.test(text) && !otherVersion.test(text));
}

function namesake({ at, kind, apiVersion }: StrayDeclaration): Problem {
  return makeProblem({
    code: "KIND_NAMESAKE",
    at,
    message: say`${{ kind }} of apiVersion ${{ apiVersion: JSON.stringify(apiVersion) }} is none of ours and was passed over`,
    hint: "where it was meant for Isthmus, correct its apiVersion: isthmus.io/v1alpha1",
  });
}
