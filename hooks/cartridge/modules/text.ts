/** Texts of the platform: `{0}` filled in, dates by pattern. */
import { plainOf } from '../objects/values.js'

/** A text with `{0}`, `{1}` … filled in; what is not given stays. */
export function formatted(text: string, values: readonly unknown[]): string {
  return text.replace(/\{(\d+)\}/g, (whole, at: string) => {
    const value = values[Number(at)]
    return Number(at) in values ? shown(value) : whole
  })
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (value instanceof Error) return `${value.name}: ${value.message}`
  const plain = plainOf(value)
  return typeof plain === 'object' ? JSON.stringify(plain) : `${plain as string | number | boolean}`
}

/** `dw.util.Calendar`: a date that can be formatted; times are UTC. */
export class Calendar {
  time: Date
  constructor(date?: Date) {
    this.time = date instanceof Date ? new Date(date) : new Date()
  }
  getTime(): Date {
    return this.time
  }
  setTime(date: Date): void {
    this.time = new Date(date)
  }
}

/** A date by a pattern of `yyyy MM dd HH mm ss SSS`; text in quotes stays. Without a pattern the date alone. */
export function formatCalendar(calendar: Calendar, pattern = 'MM/dd/yyyy'): string {
  const iso = calendar.time.toISOString()
  const parts: Readonly<Record<string, string>> = {
    yyyy: iso.slice(0, 4),
    yy: iso.slice(2, 4),
    MM: iso.slice(5, 7),
    M: String(Number(iso.slice(5, 7))),
    dd: iso.slice(8, 10),
    d: String(Number(iso.slice(8, 10))),
    HH: iso.slice(11, 13),
    mm: iso.slice(14, 16),
    ss: iso.slice(17, 19),
    SSS: iso.slice(20, 23),
    Z: '+0000',
    X: 'Z',
  }
  return pattern.replace(/'([^']*)'|([A-Za-z])\2*/g, (match: string, quoted?: string) => {
    if (quoted !== undefined) return quoted === '' ? "'" : quoted
    const part = parts[match]
    if (part === undefined)
      throw new Error(`formatCalendar knows no '${match}' here; it knows: ${Object.keys(parts).join(', ')}`)
    return part
  })
}

/** `dw.util.StringUtils`. */
export const StringUtils = {
  format: (text: string, ...values: unknown[]): string => formatted(text, values),
  formatCalendar,
  trim: (text: string): string => text.trim(),
  encodeBase64: (text: string): string => Buffer.from(text, 'utf8').toString('base64'),
  decodeBase64: (text: string): string => Buffer.from(text, 'base64').toString('utf8'),
}
