export { type FilePlace, objectPlace, type Place, showPlace } from "./place.ts";
export { factsOf, joinNames, type Named, type Sentence, say, sentenceOf, type Words } from "./say.ts";
export { showPath, showValue } from "./showValue.ts";
