/** Values on their way between the platform's types and plain JSON: dates, enum values, nothing. */

/** A value of a fixed set, as the platform gives it. */
export class EnumValue {
  readonly value: unknown
  readonly displayValue: string
  constructor(value: unknown, displayValue?: string) {
    this.value = value
    this.displayValue =
      displayValue ?? (value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value))
  }
  getValue(): unknown {
    return this.value
  }
  getDisplayValue(): string {
    return this.displayValue
  }
  valueOf(): unknown {
    return this.value
  }
  toString(): string {
    return this.displayValue
  }
}

/** What is stored for a value that a script sets; null and undefined are null. */
export function plainOf(value: unknown, isDate = false): unknown {
  if (value === undefined || value === null) return null
  if (value instanceof EnumValue) return plainOf(value.value)
  const time = value instanceof Date ? value : isCalendar(value) ? value.getTime() : undefined
  if (time) return isDate ? time.toISOString().slice(0, 10) : time.toISOString()
  if (typeof value === 'object' && 'toArray' in value && typeof value.toArray === 'function')
    return (value.toArray() as unknown[]).map((each) => plainOf(each))
  if (Array.isArray(value)) return value.map((each) => plainOf(each))
  return value
}

function isCalendar(value: unknown): value is { getTime(): Date } {
  return typeof value === 'object' && value !== null && 'getTime' in value && typeof value.getTime === 'function'
}

/** What a script reads: null for what is absent, a Date for a date. */
export function scriptValueOf(value: unknown, isDate: boolean): unknown {
  if (value === undefined || value === null) return null
  return isDate && typeof value === 'string' ? new Date(value) : value
}
