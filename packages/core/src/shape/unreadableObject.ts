/** What can be told of an object that is not of its kind's form: it is there, and nobody knows what it does. */
export interface UnreadableObject {
  readonly group: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly name?: string;
  /** `spec.ports must be a list, found "a"`, for people. */
  readonly fault: string;
  /** By our label: it is not written and not deleted while it cannot be read. */
  readonly isOurs: boolean;
  /** The declaration that it serves, where its label tells. */
  readonly owner?: string;
  /** What it is about; undefined: any host. */
  readonly hosts: readonly string[] | undefined;
  /** Labels of the pods that it is for; undefined: any. */
  readonly selector: Readonly<Record<string, string>> | undefined;
  /** Addresses that it uses, as far as they can be read: nobody else is given them. */
  readonly addresses: readonly string[];
}
