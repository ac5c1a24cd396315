/** How often something was seen, and the probability that was told for it. */
export interface Share {
  readonly seen: number;
  readonly probability: number;
}

/**
 * The probability that chance alone makes what was seen differ so much from what was told: Pearson's test. Shares of which fewer
 * than five are expected count as one; what cannot be and was seen all the same gives 0.
 */
export function chiSquareP(shares: readonly Share[]): number {
  if (shares.some(({ seen, probability }) => seen > 0 && probability <= 0)) return 0;
  const total = shares.reduce((sum, { seen }) => sum + seen, 0);
  const possible = shares.filter(({ probability }) => probability > 0);
  const common = mergeRare(possible, total);
  // Of two shares neither can be left out.
  const merged = common.length < 2 ? possible : common;
  if (merged.length < 2) return 1;
  const statistic = merged.reduce((sum, { seen, probability }) => {
    const expected = total * probability;
    return sum + (seen - expected) ** 2 / expected;
  }, 0);
  return upperGamma((merged.length - 1) / 2, statistic / 2);
}

function mergeRare(shares: readonly Share[], total: number): readonly Share[] {
  const sorted = shares.toSorted((one, other) => one.probability - other.probability);
  const merged: Share[] = [];
  let rest: Share = { seen: 0, probability: 0 };
  for (const each of sorted) {
    rest = { seen: rest.seen + each.seen, probability: rest.probability + each.probability };
    if (rest.probability * total < 5) continue;
    merged.push(rest);
    rest = { seen: 0, probability: 0 };
  }
  const last = merged.pop();
  if (last === undefined) return [rest];
  return [...merged, { seen: last.seen + rest.seen, probability: last.probability + rest.probability }];
}

/** The regularised upper incomplete gamma function Q(a, x), by its series or its continued fraction (Lentz). */
function upperGamma(a: number, x: number): number {
  if (x <= 0) return 1;
  const scale = Math.exp(a * Math.log(x) - x - logGamma(a));
  if (x < a + 1) {
    let term = 1 / a;
    let sum = term;
    for (let n = 1; n < 500; n++) {
      term *= x / (a + n);
      sum += term;
    }
    return 1 - scale * sum;
  }
  let b = x + 1 - a;
  let c = 1e300;
  let d = 1 / b;
  let fraction = d;
  for (let n = 1; n < 500; n++) {
    const factor = n * (a - n);
    b += 2;
    d = 1 / (factor * d + b);
    c = b + factor / c;
    fraction *= c * d;
  }
  return scale * fraction;
}

/** Of halves of whole numbers, which is all that degrees of freedom need. */
function logGamma(a: number): number {
  if (a === 1) return 0;
  if (a === 0.5) return Math.log(Math.PI) / 2;
  return Math.log(a - 1) + logGamma(a - 1);
}
