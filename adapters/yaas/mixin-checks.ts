/** What a request may say of mixins: names, references and custom attributes (decision 3.12). */
import { isObject } from '../../core/model/json.js'
import type { Violation } from '../../core/model/problems.js'
import type { Path } from '../../core/ports/storage.js'
import { isAttributeName } from '../../core/model/schemas.js'
import { reservedMixin } from '../../core/rules/mixins.js'

const mixinName = /^(?!__proto__$)[a-zA-Z0-9_-]+$/
/** Most names that a request may send of mixins, of references, or of custom attributes. */
const mostNames = 1_000
const tooMany = (path: Path): Violation => ({ path, rule: 'constraint', message: `are more than ${mostNames}` })

type Attributes = Readonly<Record<string, unknown>>

/** References to schemas: URLs as text; null removes in a partial PUT. The core says whether the URL is known. */
export function checkReferences(references: Attributes, path: Path): Violation[] {
  if (Object.keys(references).length > mostNames) return [tooMany(path)]
  return Object.entries(references).flatMap(([name, url]): Violation[] => {
    const here = [...path, name]
    if (name === reservedMixin)
      return [{ path: here, rule: 'constraint', message: 'is reserved for custom attributes, which need no schema' }]
    if (!mixinName.test(name)) return [{ path: here, rule: 'constraint', message: 'is no name for a mixin' }]
    return url === null || typeof url === 'string' ? [] : [{ path: here, rule: 'type', message: 'is not a URL' }]
  })
}

/** Mixin data: any JSON by name, and under `custom` custom attributes. */
export function checkMixins(mixins: Attributes, path: Path): Violation[] {
  if (Object.keys(mixins).length > mostNames) return [tooMany(path)]
  return Object.entries(mixins).flatMap(([name, data]): Violation[] => {
    const here = [...path, name]
    if (name === reservedMixin) return data === null ? [] : checkCustom(data, here)
    return mixinName.test(name) ? [] : [{ path: here, rule: 'constraint', message: 'is no name for a mixin' }]
  })
}

/** Names alone: what the values may be is judged after before handlers, which may drop them (decision 2.16). */
function checkCustom(custom: unknown, path: Path): Violation[] {
  if (!isObject(custom)) return [{ path, rule: 'type', message: 'is not of type object' }]
  const names = Object.keys(custom)
  if (names.length > mostNames) return [tooMany(path)]
  return names
    .filter((name) => !isAttributeName(name))
    .map((name) => ({ path: [...path, name], rule: 'custom', message: 'is no name for a custom attribute' }))
}
