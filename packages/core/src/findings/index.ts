export { type FilePlace, objectPlace, type Place, showPlace } from "./place.ts";
export { factsOf, type Named, type Sentence, say, sentenceOf, type Words } from "./say.ts";
export { showPath } from "./showPath.ts";
export { showValue } from "./showValue.ts";
