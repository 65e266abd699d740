/** Edits of bytes: what a broken client, a proxy or an attacker makes of a request. */
import fc from 'fast-check'

/** Changes some bytes. */
export type Mutation = (bytes: Buffer) => Buffer

/** Parts of JSON, XML and HTTP that are put where they do not belong. */
const tokens = [
  ...['{', '}', '[', ']', '"', ':', ',', '\\', '\\u0000', '\\ud800', '1e999', '-', 'null', '{"__proto__":', '[[[[[[[['],
  ...[
    '<',
    '>',
    '</',
    '/>',
    '<![CDATA[',
    ']]>',
    '<!--',
    '-->',
    '<?x?>',
    '<!DOCTYPE a>',
    '&#1;',
    '&amp;',
    '&x;',
    ' nil="true"',
  ],
  ...[
    ' type="set"',
    ' type="integer"',
    '<value>',
    '<_delete>',
    ' xmlns="a"',
    '%',
    '%00',
    '%2F',
    '%ff',
    '%25',
    '..',
    '/',
    '//',
    ';',
  ],
  ...[
    '?',
    '&',
    '=',
    '+',
    '#',
    '\r\n',
    '\r\n\r\n',
    'Content-Length: 3\r\n',
    'Transfer-Encoding: chunked\r\n',
    '\0',
    '\xff',
    '\xc3',
  ],
].map((token) => Buffer.from(token, 'latin1'))

const edits: readonly ((bytes: Buffer, at: number, length: number, byte: number) => Buffer)[] = [
  (bytes, at, _length, byte) => Buffer.concat([bytes.subarray(0, at), Buffer.of(byte), bytes.subarray(at + 1)]),
  (bytes, at, length) => Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]),
  (bytes, at, length) => Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)]),
  (bytes, at) => bytes.subarray(0, at),
  (bytes, at, _length, byte) =>
    Buffer.concat([bytes.subarray(0, at), tokens[byte % tokens.length] as Buffer, bytes.subarray(at)]),
]

/** One to three edits. */
export const mutations: fc.Arbitrary<Mutation> = fc
  .array(fc.tuple(fc.nat(edits.length - 1), fc.nat(), fc.integer({ min: 1, max: 12 }), fc.nat(255)), {
    minLength: 1,
    maxLength: 3,
  })
  .map((steps) => (bytes) => {
    let edited = bytes
    for (const [edit, at, length, byte] of steps)
      edited = edits[edit]?.(edited, at % (edited.length + 1), length, byte) ?? edited
    return edited
  })
