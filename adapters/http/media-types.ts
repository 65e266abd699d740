/** Content-Type, Accept and Accept-Charset: how they are read; what they may say is the flavour's. */
import { headerOf, refuse } from './protocol.js'
import type { RequestHeaders } from './protocol.js'

/** What a Content-Type may say. */
export interface ContentTypeRules<T> {
  /** What a media type in lower case means; undefined if it is not supported. */
  readonly meaning: (type: string) => T | undefined
  readonly charsets: readonly string[]
  /** Whether malformed parameters are refused too; else they are ignored. */
  readonly checksParameters: boolean
}

const token = String.raw`[!#$%&'*+.^_\`|~0-9A-Za-z-]+`
/** Names of types as they are registered (RFC 6838), with whatever parameters. */
const anyType = /^\s*([\w!#$&^.+-]+\/[\w!#$&^.+-]+)\s*(;.*)?$/
/** Every blank has one place to go to, so that it takes linear time. */
const strictType = new RegExp(
  `^\\s*(${token}/${token})\\s*((?:;\\s*(?:${token}=(?:${token}|"(?:[^"\\\\]|\\\\.)*")\\s*)?)*)$`,
)

/**
 * Gives what reads the meaning of a request's Content-Type; undefined without one. It throws contentTypeMalformed and
 * contentTypeUnsupported.
 */
export function contentTypes<T>(rules: ContentTypeRules<T>): (headers: RequestHeaders) => T | undefined {
  return (headers) => {
    const contentType = headerOf(headers, 'content-type')
    return contentType === undefined || contentType === '' ? undefined : meaningIn(contentType, rules)
  }
}

function meaningIn<T>(contentType: string, rules: ContentTypeRules<T>): T {
  const [, type, parameters = ''] = (rules.checksParameters ? strictType : anyType).exec(contentType) ?? []
  if (type === undefined) throw refuse('contentTypeMalformed', { contentType })
  const meaning = rules.meaning(type.toLowerCase())
  const charset = /;\s*charset=([^;]*)/i.exec(parameters)?.[1]?.replaceAll('"', '').trim()
  const isReadable = charset === undefined || rules.charsets.includes(charset.toLowerCase())
  if (meaning === undefined || !isReadable) throw refuse('contentTypeUnsupported', { contentType })
  return meaning
}

/** A media range of an Accept header, in lower case, and its weight; NaN is a weight that cannot be read. */
export type AcceptedType = readonly [type: string, weight: number]

/** What an Accept header names; undefined if there is none. */
export function acceptedTypes(headers: RequestHeaders): readonly AcceptedType[] | undefined {
  const accept = headerOf(headers, 'accept')
  return accept === undefined || accept.trim() === '' ? undefined : rangesOf(accept)
}

function rangesOf(accept: string): readonly AcceptedType[] {
  return accept
    .toLowerCase()
    .split(',')
    .map((range) => {
      const [type = '', ...parameters] = range.split(';').map((part) => part.trim())
      const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? '1'
      return [type, Number(weight || Number.NaN)]
    })
}

/** Throws notAcceptable if the client does not take UTF-8. */
export function checkAcceptCharset(headers: RequestHeaders): void {
  const value = headerOf(headers, 'accept-charset')
  if (value === undefined || value.trim() === '') return
  const takes = value.split(',').some((range) => /^\s*(utf-?8|\*)\s*(;\s*q=(?!0(\.0*)?\s*$)[\d.]+\s*)?$/i.test(range))
  if (!takes) throw refuse('notAcceptable', { header: 'accept-charset', value })
}
