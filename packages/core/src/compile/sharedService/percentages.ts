/** Whole numbers of at least 1 that sum to 100, as Istio wants them; what rounding leaves goes to the largest remainders. */
export function percentages(weights: readonly number[]): readonly number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const parts = weights.map((weight) => {
    const exact = (weight * 100) / total;
    const whole = Math.max(1, Math.floor(exact));
    return { whole, left: exact - whole };
  });
  const rest = 100 - parts.reduce((sum, { whole }) => sum + whole, 0);
  const largest = new Set([...parts].sort((a, b) => b.left - a.left).slice(0, Math.max(0, rest)));
  return parts.map((part) => part.whole + (largest.has(part) ? 1 : 0));
}
