/** Answers compared with an OpenAPI document: status, headers and body are what it says of the operation. */
import { Ajv2020 } from 'ajv/dist/2020.js'
import ajvFormats from 'ajv-formats'
import { readXml } from '../../adapters/ocapi/xml.js'
import { documentShape } from '../../adapters/ocapi/xml-shapes.js'
import type { OpenApiDocument, OpenApiOperation } from '../../adapters/openapi/index.js'
import type { Answer } from './http.js'

/** Gives what an answer has that the document does not say; nothing if it says it all. */
export type AnswerCheck = (method: string, path: string, answer: Answer) => Promise<readonly string[]>

/** Headers that Node and the host send, not the flavour. */
const ofTransport =
  /^(date|connection|keep-alive|content-(length|type|security-policy)|transfer-encoding|vary|access-control-.*|x-clientele-.*|x-content-type-options|x-frame-options|referrer-policy|strict-transport-security)$/

interface Response {
  readonly headers?: Readonly<Record<string, unknown>>
  readonly content?: Readonly<Record<string, { readonly schema: object }>>
}

/** The check of answers to requests below the document's server; other paths are not looked at. */
export function answerCheck(document: OpenApiDocument): AnswerCheck {
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  ajvFormats.default(ajv)
  ajv.addSchema({ $id: 'https://document.example/openapi.json', ...document })
  const base = new URL(document.servers[0]?.url ?? '').pathname
  const operationOf = matcher(document)
  return async (method, path, { status, headers, text }) => {
    const [pathname = ''] = path.split(/[?#]/, 1)
    if (!pathname.startsWith(`${base}/`)) return []
    const below = pathname.slice(base.length)
    const found = operationOf(method === 'HEAD' ? 'GET' : method, below)
    const faults = '#/components/schemas/fault'
    if (!found) return status < 400 ? [] : wrongWith(faults, text)
    const response = found.operation.responses[status] as Response | undefined
    if (!response) return [`${found.pointer}: status ${status} is not described: ${text}`]
    const stray = Object.keys(headers).filter(
      (name) =>
        !ofTransport.test(name) && !Object.keys(response.headers ?? {}).some((each) => each.toLowerCase() === name),
    )
    const wrong = stray.map((name) => `${found.pointer}: ${status} has header ${name}`)
    if (text === '' || method === 'HEAD')
      return text === '' && response.content && method !== 'HEAD' ? ['no body'] : wrong
    const [type = ''] = (headers['content-type'] ?? '').split(';')
    if (!response.content?.[type]) return [...wrong, `${found.pointer}: ${status} has type ${type}`]
    const pointer = `${found.pointer}/responses/${status}/content/${type.replace('/', '~1')}/schema`
    return [...wrong, ...(await wrongWith(pointer, text))]
  }

  async function wrongWith(pointer: string, text: string): Promise<readonly string[]> {
    if (!/^[{[<]/.test(text)) return []
    const validate = ajv.getSchema(`https://document.example/openapi.json${pointer}`)
    if (!validate) throw new Error(`no schema at ${pointer}`)
    if (validate(await valueOf(text))) return []
    return [`${pointer}: ${ajv.errorsText(validate.errors)}: ${text.slice(0, 300)}`]
  }
}

/** What a body says; one in XML by the shape of its root, as requests are read. */
async function valueOf(text: string): Promise<unknown> {
  const [, type] = /^<\?xml[^>]*>\s*<(\w+)/.exec(text) ?? []
  if (type === undefined) return JSON.parse(text)
  return { _type: type, ...((await readXml(text, documentShape(type))) as object) }
}

/** Finds the operation of a method and a path; a path without parameters comes before one that has them. */
function matcher(document: OpenApiDocument) {
  const paths = Object.entries(document.paths).map(([path, item]) => ({
    path,
    item,
    pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
  }))
  return (method: string, path: string): { operation: OpenApiOperation; pointer: string } | undefined => {
    const found = paths.find(({ pattern, item }) => pattern.test(path) && item[method.toLowerCase()])
    const operation = found?.item[method.toLowerCase()]
    if (!found || !operation) return undefined
    const escaped = encodeURIComponent(found.path.replaceAll('~', '~0').replaceAll('/', '~1'))
    return { operation, pointer: `#/paths/${escaped}/${method.toLowerCase()}` }
  }
}
