import { z } from 'zod'
import { bytesOf } from './hash-notations.ts'
import { ImportFileRefused } from './import-file-refused.ts'
import type { Format, RawAccount, Remark } from './raw-account.ts'
import { flag, listOf, mapped, readRow, text, withMapped } from './read-row.ts'

/** Firebase Authentication and Google's Identity Platform: `firebase auth:export FILE.json`, with the project's hash parameters beside it. */
export const firebase: Format = {
  shapeOf: () => ({ member: 'users' }),
  reader(frame, { mapping, hashConfig }) {
    const parameters = parametersOf(hashConfig ?? inFile.safeParse(frame).data)
    return (row) => readRow(schema, row, (user) => withMapped(accountOf(user, parameters), mapped(row, mapping)))
  },
}

const parameters = z.object({
  algorithm: z.literal('SCRYPT'),
  base64_signer_key: z.string().min(1),
  base64_salt_separator: z.string(),
  rounds: z.coerce.number().int(),
  mem_cost: z.coerce.number().int(),
})
type Parameters = z.infer<typeof parameters>

const inFile = z.looseObject({ hash_config: z.record(z.string(), z.unknown()) }).transform(({ hash_config }) => JSON.stringify(hash_config))

/** As the console shows them (`hash_config { algorithm: SCRYPT, … }`), or as JSON. */
function parametersOf(written: string | undefined): Parameters {
  if (written === undefined)
    throw new ImportFileRefused('--hash-config', "Firebase's hash parameters are needed: a file with what the console shows under Users")
  const found = [...written.matchAll(/"?(\w+)"?\s*[:=]\s*"?([^\s",}]+)"?/g)].map(([, name, value]) => [name, value])
  const { success, data, error } = parameters.safeParse(Object.fromEntries(found))
  if (success) return data
  throw new ImportFileRefused(
    '--hash-config',
    `${error.issues[0]?.path.join('.')}: must be as Firebase's console shows it, algorithm SCRYPT`,
  )
}

const schema = z.looseObject({
  localId: text,
  email: text,
  emailVerified: flag,
  displayName: text,
  phoneNumber: text,
  disabled: flag,
  passwordHash: text,
  salt: text,
  providerUserInfo: listOf(z.looseObject({ providerId: text })),
  mfaInfo: listOf(z.unknown()),
})
type User = z.infer<typeof schema>

function accountOf(user: User, { rounds, mem_cost, base64_signer_key, base64_salt_separator }: Parameters): RawAccount {
  const [hash, salt] = [bytesOf(user.passwordHash ?? '', 'base64'), bytesOf(user.salt ?? '', 'base64')]
  const canonical = (base64: string): string => Buffer.from(base64, 'base64').toString('base64')
  return {
    id: user.localId,
    email: user.email,
    emailVerified: user.emailVerified,
    // A number gets there only by a code that was sent to it.
    phoneNumber: user.phoneNumber,
    phoneVerified: true,
    blocked: user.disabled,
    attributes: { name: user.displayName },
    password:
      user.passwordHash === undefined
        ? undefined
        : hash && salt
          ? {
              kind: 'firebase_scrypt',
              rounds,
              mem_cost,
              signer_key: canonical(base64_signer_key),
              salt_separator: canonical(base64_salt_separator),
              salt: salt.toString('base64'),
              hash: hash.toString('base64'),
            }
          : 'hash_malformed',
    leftOut: leftOut(user),
  }
}

/** Its own two ways in are no other provider's. */
const OWN = new Set(['password', 'phone'])

const leftOut = ({ providerUserInfo, mfaInfo }: User): readonly Remark[] => [
  ...providerUserInfo.flatMap(({ providerId }, at): Remark[] =>
    providerId === undefined || OWN.has(providerId) ? [] : [{ field: `providerUserInfo[${at}]`, reason: 'not_kept' }],
  ),
  ...mfaInfo.map((_, at): Remark => ({ field: `mfaInfo[${at}]`, reason: 'not_kept' })),
]
