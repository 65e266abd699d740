/**
 * XML bodies, in and out (decision 2.16): the one reader and the one writer. The root element is named as `_type` and has
 * the attribute `version`; every property is an element; lists are repeated elements, an empty one is `nil`; null is `nil`;
 * values of no fixed type (custom attributes, fault arguments) carry a `type` unless they are strings.
 */
import { setImmediate } from 'node:timers/promises'
import type { SaxesParser } from 'saxes'
import { documentLimits } from '../../core/model/sizes.js'
import type { DocumentLimits } from '../../core/model/sizes.js'
import { refuse } from '../http/protocol.js'
import { mostRead, tooManyValues } from '../http/sizes.js'

/** What an element holds. */
export type Shape =
  | 'string'
  | 'integer'
  | 'boolean'
  /** Any JSON value: its element says its type. */
  | 'free'
  /** Repeated elements. */
  | { readonly list: Shape }
  /** `<argument name="…">` elements of free values. */
  | { readonly map: 'free' }
  | { readonly properties: ReadonlyMap<string, Shape>; readonly openPrefix?: string }

/** Shape of a document and the name of its root element. */
export interface DocumentShape {
  readonly root: string
  readonly shape: Shape
}

const declaration = '<?xml version="1.0" encoding="UTF-8"?>\n'
/** Characters that XML 1.0 cannot carry. */
const unusable = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu
const special: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#13;',
  '\n': '&#10;',
  '\t': '&#9;',
}
/** Whether a text may hold one of all these: most texts do not. */
const needsEscapes = /[&<>"\u0000-\u001f\ud800-\udfff\ufffe\uffff]/

/** One character after the other, `&` first: a function called for each place would take many times as long. */
function escaped(text: string, characters: readonly string[]): string {
  if (!needsEscapes.test(text)) return text
  let safe = text
  for (const character of characters) safe = safe.replaceAll(character, special[character] as string)
  return safe.replace(unusable, '\ufffd')
}
const inContent = ['&', '<', '>', '\r']
const inAttribute = Object.keys(special)
const contentOf = (text: string) => escaped(text, inContent)
const attributeOf = (text: string) => escaped(text, inAttribute)

const scalarText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

/** Writes a reply document. `_v` and `_type` are in the root element. */
export function writeXml(
  document: Readonly<Record<string, unknown>>,
  { root, shape }: DocumentShape,
  namespace = '',
): string {
  const { _v, _type, ...properties } = document
  const version = _v === undefined ? '' : ` version="${attributeOf(scalarText(_v))}"`
  const xmlns = namespace === '' ? '' : ` xmlns="${attributeOf(namespace)}"`
  return `${declaration}${element(root, version + xmlns, properties, shape)}\n`
}

/** One element; for a list as many as it has items. */
function element(name: string, attributes: string, value: unknown, shape: Shape): string {
  if (value === null) return nil(name, attributes)
  if (typeof shape === 'object' && 'list' in shape) {
    const items = value as readonly unknown[]
    if (items.length === 0) return nil(name, attributes)
    return items.map((item) => element(name, attributes, item, shape.list)).join('')
  }
  const type = shape === 'free' ? typeAttribute(value) : ''
  const content = shape === 'free' ? freeContent(value) : contentFor(value, shape)
  return content === '' ? `<${name}${attributes}${type}/>` : `<${name}${attributes}${type}>${content}</${name}>`
}

const nil = (name: string, attributes: string) => `<${name}${attributes} nil="true"/>`

function contentFor(value: unknown, shape: Shape): string {
  if (typeof shape !== 'object') return contentOf(scalarText(value))
  if ('map' in shape) return argumentsOf(value as object)
  const { properties } = 'properties' in shape ? shape : anything
  let content = ''
  for (const name of Object.keys(value as object))
    content += element(name, '', (value as Record<string, unknown>)[name], properties.get(name) ?? 'free')
  return content
}

function argumentsOf(value: object): string {
  let content = ''
  for (const [name, each] of Object.entries(value))
    content += element('argument', ` name="${attributeOf(name)}"`, each, 'free')
  return content
}

function typeAttribute(value: unknown): string {
  if (typeof value === 'string') return ''
  if (typeof value === 'number') return Number.isSafeInteger(value) ? ' type="integer"' : ' type="double"'
  return typeof value === 'boolean' ? ' type="boolean"' : Array.isArray(value) ? ' type="set"' : ' type="map"'
}

function freeContent(value: unknown): string {
  if (Array.isArray(value)) return value.map((item) => element('value', '', item, 'free')).join('')
  return typeof value === 'object' && value !== null ? argumentsOf(value) : contentOf(scalarText(value))
}

/** An element as it was read. */
interface Node {
  readonly name: string
  /** Where its content begins. */
  readonly line: number
  readonly column: number
  readonly attributes: Readonly<Record<string, string>>
  readonly children: Node[]
  text: string
}

const deepest = 64
/** Characters that are read in one go: the event loop is free after them. */
const slice = 32_768
/** Attributes of one element: ours have a few. */
const mostAttributes = 100

/** Reads a request document. Throws bodyMalformed, and documentInvalid for one with too many elements. */
export async function readXml(
  text: string,
  { root, shape }: DocumentShape,
  limits: DocumentLimits = documentLimits,
): Promise<unknown> {
  const node = await parse(text, root, limits)
  const { version } = node.attributes
  const value = valueOf(node, shape)
  if (typeof value !== 'object' || value === null) return value
  const document = value as Record<string, unknown>
  const said: Record<string, string> = {}
  if (version !== undefined) said['_v'] = version
  if (node.name !== root) said['_type'] = node.name
  for (const [name, text] of Object.entries(said))
    if (name in document && document[name] !== text) throw malformed(node)
  return Object.assign(Object.create(null) as object, said, document)
}

async function parse(text: string, document: string, limits: DocumentLimits): Promise<Node> {
  const { SaxesParser } = await import('saxes')
  const parser = new SaxesParser()
  const top = listen(parser, document, limits)
  for (let at = 0; at < text.length; at += slice) {
    if (at > 0) await setImmediate()
    parser.write(text.slice(at, at + slice))
  }
  parser.close()
  return top.children[0] as Node
}

/** Has a parser add what it reads to the node that this returns. */
function listen(parser: SaxesParser, document: string, limits: DocumentLimits): Node {
  const top: Node = { name: '', line: 1, column: 1, attributes: {}, children: [], text: '' }
  const open = [top]
  let elements = 0
  const most = mostRead(limits)
  const here = () => ({ line: parser.line, column: parser.column + 1 })
  const refuse = (): never => {
    throw malformed(here())
  }
  parser.on('error', refuse)
  parser.on('doctype', refuse)
  parser.on('xmldecl', ({ encoding, version }) => {
    if ((encoding !== undefined && !/^utf-?8$/i.test(encoding)) || version !== '1.0') refuse()
  })
  let attributesOfTag = 0
  parser.on('attribute', () => {
    if (++attributesOfTag > mostAttributes) refuse()
  })
  parser.on('opentag', ({ name, attributes }) => {
    attributesOfTag = 0
    if (++elements > most) throw tooManyValues(document, limits)
    if (open.length > deepest) refuse()
    const node: Node = { name, ...here(), attributes, children: [], text: '' }
    if (Object.keys(attributes).some((each) => !isKnown(each, name, open.length === 1))) throw malformed(node)
    open.at(-1)?.children.push(node)
    open.push(node)
  })
  parser.on('closetag', () => {
    const { children, text: own } = open.pop() as Node
    if (children.length > 0 && own.trim() !== '') refuse()
  })
  const take = (part: string) => {
    const node = open.at(-1) as Node
    node.text += part
  }
  parser.on('text', take)
  parser.on('cdata', take)
  return top
}

const malformed = ({ line, column }: Pick<Node, 'line' | 'column'>) => refuse('bodyMalformed', { line, column })

/** An attribute that means something here, or is of another namespace. */
function isKnown(attribute: string, element: string, isRoot: boolean): boolean {
  if (attribute === 'version') return isRoot
  if (attribute === 'name') return element === 'argument'
  return attribute === 'nil' || attribute === 'type' || attribute === 'xmlns' || attribute.includes(':')
}

function valueOf(node: Node, shape: Shape): unknown {
  if (isNil(node)) return null
  if (typeof shape === 'object') {
    if ('map' in shape) return mapOf(node)
    if ('list' in shape) return valueOf(node, shape.list)
    return node.children.length > 0 || node.text.trim() === '' ? objectOf(node, shape) : node.text
  }
  if (shape === 'free') return freeValueOf(node)
  if (node.children.length > 0) return objectOf(node, anything)
  if (shape === 'integer' && isInteger(node.text)) return Number(node.text)
  if (shape === 'boolean' && isBoolean(node.text)) return node.text.trim() === 'true'
  return node.text
}

const anything = { properties: new Map<string, Shape>() }

function isNil(node: Node): boolean {
  const { attributes, children, text } = node
  const nil = Object.entries(attributes).find(([name]) => name === 'nil' || name.endsWith(':nil'))?.[1]
  if (nil !== 'true' && nil !== '1') return false
  if (children.length > 0 || text.trim() !== '') throw malformed(node)
  return true
}

/** Properties by name. A property that comes twice is malformed, unless it is a list. */
function objectOf(node: Node, shape: { readonly properties: ReadonlyMap<string, Shape> }): unknown {
  const result = Object.create(null) as Record<string, unknown>
  for (const child of node.children) {
    const inner = shape.properties.get(child.name) ?? 'free'
    const isList = typeof inner === 'object' && 'list' in inner
    const value = valueOf(child, inner)
    if (isList) {
      const list = (result[child.name] ??= []) as unknown[]
      if (value !== null) list.push(value)
    } else if (child.name in result) throw malformed(child)
    else result[child.name] = value
  }
  return result
}

function mapOf(node: Node): unknown {
  const result = Object.create(null) as Record<string, unknown>
  for (const child of node.children) {
    const { name } = child.attributes
    if (child.name !== 'argument' || name === undefined || name in result) throw malformed(child)
    result[name] = valueOf(child, 'free')
  }
  return result
}

const isInteger = (text: string) => /^\s*-?\d+\s*$/.test(text) && Number.isSafeInteger(Number(text))
const isBoolean = (text: string) => /^\s*(true|false)\s*$/.test(text)
const isDouble = (text: string) => /^\s*-?\d+(\.\d+)?([eE][+-]?\d+)?\s*$/.test(text) && Number.isFinite(Number(text))

function freeValueOf(node: Node): unknown {
  const { type = node.children.length > 0 ? 'object' : 'string' } = node.attributes
  const isLeaf = node.children.length === 0
  if (type === 'string' && isLeaf) return node.text
  if (type === 'integer' && isLeaf && isDouble(node.text) && Number.isInteger(Number(node.text)))
    return Number(node.text) + 0
  if (type === 'double' && isLeaf && isDouble(node.text)) return Number(node.text) + 0
  if (type === 'boolean' && isLeaf && isBoolean(node.text)) return node.text.trim() === 'true'
  if (isLeaf && node.text.trim() !== '') throw malformed(node)
  if (type === 'object') return objectOf(node, anything)
  if (type === 'map') return mapOf(node)
  if (type !== 'set' || node.children.some(({ name }) => name !== 'value')) throw malformed(node)
  return node.children.map((child) => valueOf(child, 'free'))
}
