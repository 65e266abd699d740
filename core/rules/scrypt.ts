/** The library's own form of stored passwords: scrypt with a salt, as PHC strings (decisions 2.13, 1.18). */
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import type { Secret } from '../model/secret.js'
import type { HashPassword, PasswordHashFormat } from '../ports/host.js'

/** What a hash costs: 2^`ln` rounds of `r` blocks, `p` times. */
interface Cost {
  readonly ln: number
  readonly r: number
  readonly p: number
}

const cost: Cost = { ln: 17, r: 8, p: 1 }
const hashBytes = 32
const form = /^\$scrypt\$ln=(1?\d|20),r=([12]?\d),p=(\d)\$([A-Za-z\d+/]{1,128})\$([A-Za-z\d+/]{1,128})$/

/** scrypt with N = 2^17, r = 8, p = 1. One hash takes 128 MiB and a thread of the pool that file access shares. */
export function scryptHash(): HashPassword {
  return async (password) => {
    const salt = randomBytes(16)
    const hash = await derive(password, salt, cost, hashBytes)
    const encode = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '')
    return `$scrypt$ln=${cost.ln},r=${cost.r},p=${cost.p}$${encode(salt)}$${encode(hash)}`
  }
}

/** Verifies what `scryptHash` makes, also what it made with another cost. `isToday`: passwords are hashed with it now. */
export function scryptFormat(isToday: boolean): PasswordHashFormat {
  const prefix = `$scrypt$ln=${cost.ln},r=${cost.r},p=${cost.p}$`
  return {
    matches: (hash) => form.test(hash),
    async verify(password, hash) {
      const [, ln, r, p, salt = '', key = ''] = form.exec(hash) ?? []
      const expected = Buffer.from(key, 'base64')
      const given = { ln: Number(ln), r: Number(r), p: Number(p) }
      const found = await derive(password, Buffer.from(salt, 'base64'), given, expected.length)
      return timingSafeEqual(found, expected)
    },
    isCurrent: (hash) => isToday && hash.startsWith(prefix),
  }
}

function derive(password: Secret, salt: Buffer, { ln, r, p }: Cost, bytes: number): Promise<Buffer> {
  const N = 2 ** ln
  return new Promise((resolve, reject) => {
    const options = { N, r, p, maxmem: 192 * N * r + 1024 * p * r }
    scrypt(password.reveal().normalize('NFC'), salt, bytes, options, (error, key) =>
      error ? reject(error) : resolve(key),
    )
  })
}
