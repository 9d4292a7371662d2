// Numbers as a language writes them.

export interface Format {
  number: (value: number) => string;
  /** A whole number with its sign. */
  signed: (value: number) => string;
  bytes: (count: number) => string;
  seconds: (milliseconds: number) => string;
  /** Roughly: whole seconds, whole minutes from two on. */
  duration: (milliseconds: number) => string;
  percent: (share: number) => string;
  pixels: (width: number, height: number) => string;
  megapixels: (width: number, height: number) => string;
}

export function formatOf(locale: string): Format {
  const tenths = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
  const whole = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 0 });
  const signed = new Intl.NumberFormat(locale, { maximumFractionDigits: 0, signDisplay: 'exceptZero' });
  const number = (value: number) => tenths.format(value);
  return {
    number,
    signed: (value) => signed.format(value),
    bytes: (count) => (count < 1e6 ? `${number(Math.ceil(count / 1e3))} KB` : `${number(count / 1e6)} MB`),
    seconds: (milliseconds) => `${number(milliseconds / 1000)} s`,
    duration: (milliseconds) =>
      milliseconds < 120_000 ? `${number(Math.ceil(milliseconds / 1000))} s` : `${number(Math.round(milliseconds / 60_000))} min`,
    percent: (share) => whole.format(share),
    pixels: (width, height) => `${width} × ${height}`,
    megapixels: (width, height) => number((width * height) / 1e6),
  };
}
