/** A self-signed certificate for `localhost` and 127.0.0.1, made for one test run: no key is stored anywhere. */
import { generateKeyPairSync, sign } from 'node:crypto'

/** Key and certificate as PEM; the certificate is its own authority. */
export interface Certificate {
  readonly key: string
  readonly cert: string
}

function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents)
  const { length } = content
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255]
  return Buffer.concat([Buffer.from([tag, ...size]), content])
}

const sequence = (...contents: readonly Uint8Array[]) => der(0x30, ...contents)
const text = (tag: number, value: string) => der(tag, Buffer.from(value, 'latin1'))
const object = (hex: string) => der(0x06, Buffer.from(hex, 'hex'))
const time = (date: Date) =>
  text(
    0x17,
    date
      .toISOString()
      .replace(/[-:T]|\.\d+/g, '')
      .slice(2),
  )

/** Makes one that is good for two days. */
export function selfSigned(): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const algorithm = sequence(object('2a8648ce3d040302'))
  const name = sequence(der(0x31, sequence(object('550403'), text(0x0c, 'localhost'))))
  const day = 86_400_000
  const validity = sequence(time(new Date(Date.now() - day)), time(new Date(Date.now() + day)))
  const names = sequence(text(0x82, 'localhost'), der(0x87, Buffer.from([127, 0, 0, 1])))
  const extension = (id: string, value: Buffer) => sequence(object(id), der(0x04, value))
  const extensions = sequence(extension('551d11', names), extension('551d13', sequence(der(0x01, Buffer.from([0xff])))))
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([1])),
    algorithm,
    name,
    validity,
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, extensions),
  )
  const signature = sign('sha256', body, privateKey)
  const certificate = sequence(body, algorithm, der(0x03, Buffer.from([0]), signature))
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? []
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n'),
  }
}
