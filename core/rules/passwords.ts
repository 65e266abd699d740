/** Salted password hashes as PHC strings (decision 2.13). */
import { randomBytes, scrypt } from 'node:crypto'
import type { Secret } from '../model/secret.js'

const cost = { ln: 17, r: 8, p: 1, bytes: 32 }
/** One hash takes 128 MiB and a thread of the pool that file access shares. */
const concurrent = 2

/** Makes the stored form of a password; a host may bring a faster one, such as argon2. */
export type HashPassword = (password: Secret) => Promise<string>

/** scrypt with N = 2^17, r = 8, p = 1, at most two at a time in one library. */
export function scryptHash(): HashPassword {
  let running = 0
  const waiting: (() => void)[] = []
  return async (password) => {
    if (running >= concurrent) await new Promise<void>((resolve) => waiting.push(resolve))
    else running++
    try {
      const salt = randomBytes(16)
      const hash = await new Promise<Buffer>((resolve, reject) => {
        const options = { N: 2 ** cost.ln, r: cost.r, p: cost.p, maxmem: 192 * 1024 * 1024 }
        scrypt(password.reveal().normalize('NFC'), salt, cost.bytes, options, (error, key) =>
          error ? reject(error) : resolve(key),
        )
      })
      const encode = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '')
      return `$scrypt$ln=${cost.ln},r=${cost.r},p=${cost.p}$${encode(salt)}$${encode(hash)}`
    } finally {
      const next = waiting.shift()
      if (next) next()
      else running--
    }
  }
}
