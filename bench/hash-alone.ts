/** The bound of a password sign-in: one argon2 verification after the other, as Atrium does them. `node hash-alone.ts`: a line in, that many hashes, a line out. */
import { createInterface } from 'node:readline'
import { loadArgon2 } from '../src/authenticators/argon2.ts'

const argon2 = await loadArgon2()
const phc = await argon2.hash('correct horse battery staple')

for await (const line of createInterface(process.stdin)) {
  const [hashes, concurrency] = line.split(' ').map(Number)
  let left = hashes ?? 0
  const verify = async () => {
    while (left-- > 0) await argon2.verify(phc, 'correct horse battery staple')
  }
  await Promise.all(Array.from({ length: concurrency ?? 1 }, verify))
  console.log('done')
}
