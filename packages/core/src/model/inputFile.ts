export interface InputFile {
  readonly name: string;
  readonly text: string;
}
