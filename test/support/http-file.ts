/** Files of HTTP requests, as editors send them: variables, names of requests, values of earlier answers. */
import { randomUUID } from 'node:crypto'
import { valueAt } from '../../core/ports/storage.js'
import { send } from './http.js'
import type { Answer } from './http.js'

/** A request that was sent. */
export interface SentRequest {
  readonly title: string
  /** Status that the file says it answers; absent: success. */
  readonly answers: number | undefined
  readonly answer: Answer
}

/** Sends the requests of a file one after the other; `variables` win over those of the file. */
export async function sendAll(
  text: string,
  variables: Readonly<Record<string, string>>,
): Promise<readonly SentRequest[]> {
  const [head = '', ...blocks] = text.split(/^### /m)
  const values = new Map([...head.matchAll(/^@(\w+) = (.*)$/gm)].map(([, name = '', value = '']) => [name, value]))
  for (const [name, value] of Object.entries(variables)) values.set(name, value)
  const answers = new Map<string, Answer>()
  const filled = (given: string): string =>
    given.replaceAll(/\{\{(.+?)\}\}/g, (_, name: string) => {
      if (name === '$guid') return randomUUID()
      const value = values.get(name)
      return value === undefined ? valueOf(answers, name) : filled(value)
    })
  const sent: SentRequest[] = []
  for (const block of blocks) {
    const title = block.slice(0, block.indexOf('\n'))
    const [lines = '', ...rest] = block.slice(title.length + 1).split('\n\n')
    const request = filled(lines.replaceAll(/^# .*\n/gm, ''))
    const [line = '', ...headers] = request.trim().split('\n')
    const [method = '', url = ''] = line.split(' ')
    const { origin, pathname, search } = new URL(url)
    const body = filled(rest.join('\n\n').trim())
    const pairs = headers.map((each) => each.split(': ', 2) as [string, string])
    const answer = await send(origin, { method, path: pathname + search, headers: pairs, ...(body !== '' && { body }) })
    const name = /^# @name (\w+)$/m.exec(lines)?.[1]
    if (name !== undefined) answers.set(name, answer)
    const status = /^# answers (\d+)$/m.exec(lines)?.[1]
    sent.push({ title, answers: status === undefined ? undefined : Number(status), answer })
  }
  return sent
}

/** `created.response.body.id` or `created.response.headers.ETag`. */
function valueOf(answers: ReadonlyMap<string, Answer>, name: string): string {
  const [request = '', , part, ...path] = name.split('.')
  const answer = answers.get(request)
  const value =
    part === 'headers' ? answer?.headers[(path[0] ?? '').toLowerCase()] : valueAt(answer?.json() ?? {}, path)
  if (typeof value !== 'string') throw new Error(`{{${name}}} has no value`)
  return value
}
