import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { startTestApp } from '../harness/app.ts'
import type { Shown } from '../harness/http-browser.ts'
import { startProgram } from './programs.ts'
import { adaJoins, Shopper } from './shopper.ts'

const MODULES = '/usr/lib/apache2/modules'
const skip =
  !existsSync(`${MODULES}/mod_auth_openidc.so`) && 'mod_auth_openidc is not here: apt-get install apache2-bin libapache2-mod-auth-openidc'

const app = await startTestApp({ after }, { group: withModuleUris })
const shop = `http://localhost:${app.ports.borealis}`
const callback = `${shop}/callback`
if (!skip) await startApache()

/** The module takes front- and back-channel logout at its redirect URI. */
function withModuleUris(yaml: string): string {
  return yaml.replace(/localhost:(\d+)\/backchannel-logout/g, 'localhost:$1/callback?logout=backchannel')
}

test('mod_auth_openidc: sign in, claims, refresh, sign out at Atrium and back', { skip }, async () => {
  const ada = new Shopper(app)

  const home = await ada.signIn(await ada.open(`${shop}/`))
  assert.deepEqual([home.url.href, home.status, home.text], [`${shop}/`, 200, 'in the shop'])
  const before = infoOf(await ada.open(`${callback}?info=json`))
  assert.equal(before.userinfo.name, 'Ada Lovelace')
  assert.equal(before.userinfo.email, 'ada.lovelace@example.com')
  assert.equal(before.userinfo.sub, before.id_token.sub)

  const refreshing = new URLSearchParams({ refresh: `${shop}/`, access_token: before.access_token })
  assert.equal((await ada.open(`${callback}?${refreshing}`)).url.href, `${shop}/`)
  const refreshed = infoOf(await ada.open(`${callback}?info=json`))
  assert.notEqual(refreshed.access_token, before.access_token)
  assert.notEqual(refreshed.refresh_token, before.refresh_token)

  const asked = await ada.open(`${callback}?${new URLSearchParams({ logout: `${shop}/` })}`)
  assert.equal(asked.name, 'sign_out')
  assert.equal((await ada.submit(asked)).name, 'identify', 'back at the shop, which asks to sign in')
})

test('mod_auth_openidc: its session ends by back-channel logout when the customer signs out elsewhere', { skip }, async () => {
  const [ada, phone] = [new Shopper(app), new Shopper(app)]
  for (const browser of [ada, phone]) assert.equal((await browser.signIn(await browser.open(`${shop}/`))).text, 'in the shop')

  await ada.submit(await ada.open(`${app.issuer}/sign-out`))
  await app.app.idle()

  assert.equal((await ada.open(`${shop}/`)).name, 'identify')
  assert.equal((await phone.open(`${shop}/`)).text, 'in the shop')
})

interface Info {
  readonly access_token: string
  readonly refresh_token: string
  readonly userinfo: Record<string, unknown>
  readonly id_token: Record<string, unknown>
}

const infoOf = ({ text }: Shown): Info => JSON.parse(text) as Info

/** An Apache that protects one page, configured as the module's own documentation has it. */
async function startApache(): Promise<void> {
  await adaJoins(app)
  const folder = await mkdtemp(join(tmpdir(), 'atrium-apache-'))
  await chmod(folder, 0o755) // as root Apache serves as another user
  after(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'index.html'), 'in the shop')
  const load = (name: string) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`
  const configuration = `
${['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'dir', 'auth_openidc'].map(load).join('\n')}
User www-data
Group www-data
ServerName localhost
Listen 127.0.0.1:${app.ports.borealis}
PidFile ${folder}/pid
DefaultRuntimeDir ${folder}
ErrorLog "||/bin/cat"
DocumentRoot ${folder}
DirectoryIndex index.html
OIDCProviderMetadataURL ${app.issuer}/.well-known/openid-configuration
OIDCClientID borealis-web
OIDCClientSecret borealis-demo-secret
OIDCRedirectURI ${callback}
OIDCDefaultLoggedOutURL ${shop}/
OIDCScope "openid profile email"
OIDCPKCEMethod S256
OIDCCryptoPassphrase of-the-shop-alone
OIDCInfoHook access_token refresh_token id_token userinfo
OIDCProviderBackChannelLogoutSupported On
<Location />
  AuthType openid-connect
  Require valid-user
</Location>`
  await writeFile(join(folder, 'apache.conf'), configuration)
  await startProgram({ after }, ['/usr/sbin/apache2', '-f', join(folder, 'apache.conf'), '-DFOREGROUND'], {
    ready: /resuming normal operations/,
  })
}
