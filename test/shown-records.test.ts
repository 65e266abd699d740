/** What replies show of a record: found out once, and remembered while there is room. */
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { ShownRecords } from '../adapters/http/shown-records.js'

describe('2.6, 3.3: text and tag of a stored record', () => {
  const records = (of: { readonly written: object[] }) =>
    new ShownRecords<{ readonly text: string }>(
      (record) => {
        of.written.push(record)
        return { ...record }
      },
      (record, text) => `${record.text[0]}${text.length}`,
    )

  it('are found out when they are first asked for, and not again', () => {
    const of = { written: [] as object[] }
    const shown = records(of)
    const record = { text: 'abc' }
    expect(shown.of(record)).to.deep.equal({ text: '{"text":"abc"}', tag: 'a14' })
    expect(shown.of(record)).to.equal(shown.of(record))
    expect(of.written).to.deep.equal([record])
  })

  it('are those of the record, not of one that is equal', () => {
    const of = { written: [] as object[] }
    const shown = records(of)
    const [one, other] = [{ text: 'abc' }, { text: 'abc' }]
    expect(shown.of(one)).to.deep.equal(shown.of(other))
    expect(of.written).to.have.lengthOf(2)
  })

  it('are forgotten when other texts take the room, last what was asked for last', () => {
    const of = { written: [] as object[] }
    const shown = records(of)
    const megabyte = 'x'.repeat(1_048_576)
    const many = Array.from({ length: 20 }, () => ({ text: megabyte }))
    const [first, second] = [{ text: 'first' }, { text: 'second' }]
    for (const record of [first, second]) shown.of(record)
    for (const record of many) {
      shown.of(record)
      shown.of(first)
    }
    shown.of(second)
    expect(of.written.filter((record) => record === first)).to.have.lengthOf(1)
    expect(of.written.filter((record) => record === second)).to.have.lengthOf(2)
  })
})
