/** What hooks did in a request: each handler a bar, from its begin to its end. */
import { h, milliseconds, tag } from './dom.js'

const outcomes = { ok: 'ran', error: 'refused', threw: 'failed', skipped: 'skipped' }
const kinds = { ok: 'ok', error: 'bad', threw: 'bad', skipped: '' }

/** The handlers of a trace, as far as it tells of any. */
export const handlersOf = (request) => (request.trace?.steps ?? []).filter(({ step }) => step === 'handler')

/** The end of the latest bar: what the width stands for. */
const spanOf = (request) => Math.max(request.ms, ...handlersOf(request).map(({ at = 0, ms = 0 }) => at + ms))

function bar(step, span) {
  const element = h('span', { class: `run ${kinds[step.outcome]}`, 'aria-hidden': 'true' })
  element.style.setProperty('left', `${(100 * (step.at ?? 0)) / span}%`)
  element.style.setProperty('width', `${(100 * (step.ms ?? 0)) / span}%`)
  return element
}

/** All bars in one line, for a row of the list. */
export function sparkline(request) {
  const handlers = handlersOf(request)
  if (handlers.length === 0) return h('span', { class: 'spark' })
  const words = handlers.map(({ plugin, outcome }) => `${plugin} ${outcomes[outcome]}`).join(', ')
  const span = spanOf(request)
  const bars = handlers.filter(({ ms }) => ms !== undefined).map((step) => bar(step, span))
  return h(
    'span',
    { class: 'spark' },
    h('span', { class: 'track', title: words }, bars),
    h('span', { class: 'unseen' }, `hooks: ${words}`),
  )
}

const pointName = (point) => point.replace('dw.ocapi.data.customer_list.', '…')

function pointRow({ point, handlers, depth }) {
  const none = handlers === 0 && h('span', { class: 'quiet' }, ' no handlers')
  return h(
    'tr',
    { class: `point deep${Math.min(depth, 3)}` },
    h('th', { colspan: '4', scope: 'rowgroup', title: point }, pointName(point), none),
  )
}

function handlerRow(step, span) {
  const { plugin, handler, point, outcome, reason, ms, depth } = step
  const name = handler === point ? plugin : `${plugin}: ${handler}`
  return h(
    'tr',
    { class: `deep${Math.min(depth, 3)}` },
    h('td', {}, name),
    h('td', {}, tag(outcomes[outcome], kinds[outcome]), reason && h('span', { class: 'reason' }, ` ${reason}`)),
    h('td', { class: 'bars' }, ms !== undefined && h('span', { class: 'track' }, bar(step, span))),
    h('td', { class: 'number' }, ms === undefined ? '' : milliseconds(ms)),
  )
}

function noteRow(step) {
  const text =
    step.step === 'task'
      ? `${step.plugin} asked for a task after the commit`
      : `beside that: ${step.effect} (${step.records})`
  return h('tr', { class: 'note' }, h('td', { colspan: '4' }, text))
}

/** The trace of a request as a table. */
export function waterfall(request) {
  const { trace } = request
  if (!trace) return h('p', { class: 'quiet' }, 'It was answered before any operation ran, so no hook could.')
  if (trace.steps.length === 0)
    return h(
      'p',
      { class: 'quiet' },
      request.method === 'GET' || request.method === 'HEAD'
        ? 'Reads pass no extension points.'
        : 'It ended before its extension points: nothing was there to run.',
    )
  const span = spanOf(request)
  const rows = inOrder(trace.steps).map((step) =>
    step.step === 'point' ? pointRow(step) : step.step === 'handler' ? handlerRow(step, span) : noteRow(step),
  )
  const columns = ['Handler', 'Outcome', 'When', 'Time'].map((name) => h('th', { scope: 'col' }, name))
  return h(
    'div',
    { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Hooks in their order' },
    h(
      'table',
      { class: 'waterfall' },
      h('caption', { class: 'unseen' }, 'Hooks in their order'),
      h('thead', {}, h('tr', {}, columns)),
      h('tbody', {}, rows),
    ),
  )
}

/** Steps come as they ended: what a handler called stands before it. Here a handler stands before what it called. */
function inOrder(steps) {
  const sorted = []
  for (const step of steps) {
    const inner = []
    if (step.step === 'handler') while (sorted.at(-1)?.depth > step.depth) inner.unshift(sorted.pop())
    sorted.push(step, ...inner)
  }
  return sorted
}
