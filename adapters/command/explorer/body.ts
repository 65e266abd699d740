/** Texts of bodies as people may see them: without passwords, and no longer than a page can show. */
import { isObject } from '../../../core/model/json.js'

/** A body, as the explorer keeps it. */
export interface ShownBody {
  readonly text: string
  /** The rest was left out: what is shown cannot be sent again. */
  readonly isCut: boolean
}

/** Longest text that is kept, in characters. */
const longestText = 65_536
const mask = '•••'

/** What may be shown of a body. */
export function shownBody(text: string): ShownBody {
  const shown = text.length > longestText ? masked(text.slice(0, longestText)) : withoutPasswords(text)
  return { text: shown, isCut: text.length > longestText }
}

function withoutPasswords(text: string): string {
  if (!/password|\\u/i.test(text)) return text
  try {
    return JSON.stringify(
      JSON.parse(text, (name, value: unknown) => (isPassword(name) && value !== null ? mask : value)),
    )
  } catch {
    return masked(text)
  }
}

/** The same for what is no JSON: XML, and texts with a mistake in them or without their end. In linear time. */
function masked(text: string): string {
  const named = /"((?:[^"\\\n]|\\.)*)"(\s*:\s*)("(?:[^"\\]|\\[^])*(?:"|\\?$)|[^\s,}\]"]+)/g
  return text
    .replaceAll(named, (whole, name: string, colon: string) =>
      isPassword(unescaped(name)) ? `"${name}"${colon}"${mask}"` : whole,
    )
    .replaceAll(/(<password\b[^<>]*>)[^]*?(<\/password|$)/gi, `$1${mask}$2`)
}

function unescaped(name: string): string {
  try {
    return JSON.parse(`"${name}"`) as string
  } catch {
    return name
  }
}

const isPassword = (name: string): boolean => name.toLowerCase() === 'password'

/** Plain data, if it is small enough to be shown. */
export function shownData<T extends object>(value: T): T | undefined {
  return isObject(value) || Array.isArray(value)
    ? JSON.stringify(value).length > longestText
      ? undefined
      : value
    : undefined
}
