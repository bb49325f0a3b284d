// Client libraries that npm does not have, for the tests in `test/clients`: Debian packages them.
import { existsSync } from 'node:fs'
import { aptInstall } from './apt.js'

const CLIENTS = [
  { file: '/usr/lib/apache2/modules/mod_auth_openidc.so', packages: ['apache2-bin', 'libapache2-mod-auth-openidc'] },
  { file: '/usr/lib/python3/dist-packages/authlib/__init__.py', packages: ['python3-authlib', 'python3-requests'] },
]

/** Installs those that are missing where a package manager can. Returns the packages that are still missing: their tests say that they did not run. */
export function installForeignClients() {
  const missing = () => CLIENTS.filter(({ file }) => !existsSync(file)).flatMap(({ packages }) => packages)
  const wanted = missing()
  if (wanted.length > 0) aptInstall(wanted, 'client libraries for test/clients (Apache and Python)')
  return missing()
}
