import { type InputFile, makeProblem, type Problem, say } from "@isthmus/core";
import { type ParsedPathTests, parsePathTests } from "@isthmus/core/pathTest";
import { type IntentFilesOptions, readInputFiles } from "./intentFiles.ts";

/** What may be meant as a test; other manifests of a folder need not even be YAML. */
const suspicion = /PathTest|\bisthmus\.io\//i;

/**
 * The tests of the files that the paths name, and of all below the folders among them: a test in a folder that nobody reads would be
 * green for nobody. PATH_TEST_NONE where there are none. Never throws but for `signal`.
 */
export async function readPathTests(
  paths: readonly string[],
  options: IntentFilesOptions = {},
): Promise<ParsedPathTests> {
  const { files, problems } = await readInputFiles(paths, options);
  const isNamed = ({ name }: InputFile) => paths.includes(name);
  const parsed = parsePathTests(files.filter((file) => isNamed(file) || suspicion.test(file.text)));
  const found: readonly Problem[] = [...problems, ...parsed.problems];
  if (parsed.tests.length > 0 || found.length > 0) return { tests: parsed.tests, problems: found };
  const none = makeProblem({
    code: "PATH_TEST_NONE",
    at: {},
    message: say`no PathTest and no PathTestSuite in ${{ paths }}`,
    hint: say`write one of apiVersion isthmus.io/v1alpha1; \`isthmus explain PathTest\` says what it takes`,
  });
  return { tests: [], problems: [none] };
}
