/** The extension points, with the handlers that are registered there. */
import { copyButton, count, h, heading, tag, words } from './dom.js'
import { about } from './server.js'

function handler({ plugin, handler: name, file }, point) {
  return h(
    'li',
    {},
    h('b', {}, plugin),
    name === point ? '' : ` ${name}`,
    file && h('span', { class: 'quiet file' }, file),
  )
}

function item({ point, phase, handlers }) {
  const isFilled = handlers.length > 0
  return h(
    'li',
    { class: 'point' },
    h(
      'div',
      { class: 'line' },
      tag(phase, isFilled ? 'ok' : ''),
      h('code', {}, point),
      !isFilled && h('span', { class: 'quiet' }, 'no handlers'),
    ),
    isFilled &&
      h(
        'ol',
        {},
        handlers.map((each) => handler(each, point)),
      ),
  )
}

const command = 'npx clientele init hook companies'
const start = 'npx clientele serve --plugin ./companies.mjs'

function help() {
  const line = (text) =>
    h(
      'p',
      { class: 'command' },
      h('code', {}, text),
      copyButton('Copy', () => text, 'The command'),
    )
  return h(
    'section',
    { class: 'note' },
    heading('No plug-in is loaded', 2),
    h(
      'p',
      {},
      'A plug-in is one file with handlers for these points. Make one with its test, start the server with it, and see it here and in every request:',
    ),
    line(command),
    line(start),
  )
}

/** The view. */
export function hooks() {
  const { points } = about
  const handlers = points.flatMap((point) => point.handlers)
  const operations = [...new Set(points.map(({ operation }) => operation))]
  return {
    elements: [
      heading('Hooks'),
      h(
        'p',
        { class: 'lede' },
        'A change passes a point before it is made and one after it, in the same unit of work. A handler may change the document, write along, or refuse: then nothing is stored. It runs for both APIs.',
      ),
      handlers.length === 0
        ? help()
        : h(
            'p',
            { class: 'quiet' },
            `${count(handlers.length, 'handler')} of ${count(new Set(handlers.map(({ plugin }) => plugin)).size, 'plug-in')}`,
          ),
      ...operations.map((operation) =>
        h(
          'section',
          { class: 'points' },
          heading(words(operation), 2),
          h('ul', {}, points.filter((point) => point.operation === operation).map(item)),
        ),
      ),
    ],
  }
}
