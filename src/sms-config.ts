import { Secret } from './ports/secret.ts'
import type { SmsProvider } from './ports/sms.ts'
import { headersSchema, type Values } from './settings.ts'

/** What the `ATRIUM_SMS_*` variables say together; undefined when there is no provider. Each by itself was checked before. */
export function readSms(values: Values, env: Readonly<Record<string, string | undefined>>, problems: string[]): SmsProvider | undefined {
  const { ATRIUM_SMS_URL: url, ATRIUM_SMS_METHOD: method = 'POST', ATRIUM_SMS_BODY: body, ATRIUM_SMS_FROM: from = '' } = values
  if (!url) {
    for (const name of ['ATRIUM_SMS_BODY', 'ATRIUM_SMS_HEADERS', 'ATRIUM_SMS_FROM'] as const)
      if (values[name]) problems.push(`${name}: says how ATRIUM_SMS_URL is asked, which is not set`)
    return undefined
  }
  if (!body && !env.ATRIUM_SMS_BODY) problems.push('ATRIUM_SMS_BODY: must be set with ATRIUM_SMS_URL')
  if (from === '' && body?.reveal().includes('{from}')) problems.push('ATRIUM_SMS_FROM: must be set, ATRIUM_SMS_BODY names {from}')
  const headers = Object.entries(headersSchema.safeParse(values.ATRIUM_SMS_HEADERS?.reveal()).data ?? {}).map(([name, text]) => {
    const referred = text.startsWith('env:') ? env[text.slice('env:'.length)] : text
    if (!referred) problems.push(`ATRIUM_SMS_HEADERS: ${name} names a variable that is not set`)
    return { name, value: new Secret(referred ?? '') }
  })
  return body && { url, method, headers, body, from }
}
