/** `npm run docs:config`: writes docs/configuration.md from the declarations. A test tells when it was forgotten. */
import { writeFileSync } from 'node:fs'
import { configurationPage } from '../src/settings.ts'

writeFileSync(new URL('../docs/configuration.md', import.meta.url), configurationPage())
