export const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;

export interface Validity {
  /** ISO 8601. */
  readonly notBefore: string;
  /** ISO 8601. */
  readonly notAfter: string;
}

/** When two thirds of a certificate's life are over: from then on it is to be renewed. */
export function renewalTime({ notBefore, notAfter }: Validity): Date {
  const begin = Date.parse(notBefore);
  return new Date(begin + ((Date.parse(notAfter) - begin) * 2) / 3);
}

export type Age = "fresh" | "due" | "expired";

/** Whether a certificate is to be renewed at the time `now`: `due` from two thirds of its life on. */
export function ageOf(validity: Validity, now: Date): Age {
  if (Date.parse(validity.notAfter) <= now.getTime()) return "expired";
  return renewalTime(validity) <= now ? "due" : "fresh";
}

/** How long a certificate is to live: `seconds` where that is shorter than a day. */
export interface Life {
  readonly days: number;
  readonly seconds?: number;
}

/**
 * From an hour before `now`, so that a clock which is late accepts it, for so long; never longer than `limit`, since nobody
 * trusts a certificate that outlives its issuer. Whole seconds, as X.509 has them.
 */
export function validFor(
  { days, seconds }: Life,
  now: Date,
  limit?: Date,
): { readonly notBefore: Date; readonly notAfter: Date } {
  const inSeconds = (time: number) => new Date(Math.floor(time / 1000) * 1000);
  const notAfter = now.getTime() + (seconds === undefined ? days * dayMs : seconds * 1000);
  return {
    notBefore: inSeconds(now.getTime() - hourMs),
    notAfter: inSeconds(limit === undefined ? notAfter : Math.min(notAfter, limit.getTime())),
  };
}
