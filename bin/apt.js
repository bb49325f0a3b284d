// Debian packages that tests need beside npm's, for `bin/chromium.js` and `bin/foreign-clients.js`.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

/** Installs packages where a package manager can: with apt-get, as root. Whether it did. A network that does not answer is not waited for. */
export function aptInstall(packages, what) {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return false
  console.error(`Installing ${what} …`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const patience = ['-o', 'Acquire::Retries=1', '-o', 'Acquire::http::Timeout=20']
  return [['update'], ['install', '--yes', '--no-install-recommends', ...packages]].every((args) => {
    const { status } = spawnSync('apt-get', ['--quiet', '--quiet', ...patience, ...args], { env, stdio: ['ignore', 2, 2] })
    return status === 0
  })
}
