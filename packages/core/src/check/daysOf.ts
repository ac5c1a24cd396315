/**
 * Days since 1970, with their fraction, of a time in UTC as `toISOString` writes it (RFC 3339). Core knows no Date; the
 * calendar is Howard Hinnant's days_from_civil, https://howardhinnant.github.io/date_algorithms.html
 */
export function daysOf(time: string): number {
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = (time.match(/\d+/g) ?? []).map(Number);
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468 + (hour * 3600 + minute * 60 + second) / 86_400;
}
