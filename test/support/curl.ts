/** As much of curl as the lines need that the example server prints: -s, -u, -H, -d and a URL. */
import { send } from './http.js'

const headers: [string, string][] = []
const data: string[] = []
let url = ''
const words = process.argv.slice(2)
for (let word = words.shift(); word !== undefined; word = words.shift()) {
  if (word === '-s') continue
  else if (word === '-u')
    headers.push(['Authorization', `Basic ${Buffer.from(words.shift() ?? '').toString('base64')}`])
  else if (word === '-d') data.push(words.shift() ?? '')
  else if (word === '-H') {
    const [name = '', value = ''] = (words.shift() ?? '').split(/: (.*)/s)
    headers.push([name, value])
  } else if (word.startsWith('-')) throw new Error(`unknown option ${word}`)
  else url = word
}
const { origin, pathname, search } = new URL(url)
if (data.length > 0 && !headers.some(([name]) => name === 'Content-Type'))
  headers.push(['Content-Type', 'application/x-www-form-urlencoded'])
const answer = await send(origin, {
  path: pathname + search,
  headers,
  ...(data.length > 0 ? { body: data.join('&') } : {}),
})
process.stdout.write(answer.text)
process.exit(0)
