import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import type { Locator, Page } from 'playwright-core'

/** The configuration of a plan, as far as the suite's scripted browser reads it. */
export interface PlanConfiguration {
  readonly browser: readonly Entry[]
  readonly override: Readonly<Record<string, { readonly browser: readonly Entry[] }>>
}

interface Entry {
  readonly match: string
  readonly tasks: readonly Task[]
}

interface Task {
  readonly task: string
  readonly match?: string
  readonly optional?: boolean
  readonly commands?: readonly Command[]
}

type Command = readonly [string, string, string, ...(string | number)[]]

/** What the commands did: the names of the tasks that ran, and how many screenshots were asked for. */
export interface Ran {
  readonly tasks: readonly string[]
  readonly screenshots: number
}

/** `suite/oidcc.json` with the address of this Atrium in the place of the one it names. */
export function readPlanConfiguration(issuer: string): PlanConfiguration {
  const text = readFileSync(new URL('suite/oidcc.json', import.meta.url), 'utf8')
  return JSON.parse(text.replaceAll('https://host.docker.internal:3443', issuer)) as PlanConfiguration
}

/** Goes to an address and does what the first entry that matches says, as the suite's own runner does. */
export async function runCommands(page: Page, address: string, entries: readonly Entry[]): Promise<Ran> {
  const entry = entries.find(({ match }) => matches(match, address))
  assert.ok(entry, `an entry for ${address}`)
  const [tasks, waits]: [string[], Command[]] = [[], []]
  await page.goto(address)
  for (const { task, match = '*', optional = false, commands = [] } of entry.tasks) {
    if (!matches(match, page.url())) {
      assert.ok(optional, `the task “${task}” expects ${match}, the browser is at ${page.url()}`)
      continue
    }
    for (const command of commands) {
      await run(page, command)
      if (String(command[5] ?? '').startsWith('update-image-placeholder')) waits.push(command)
    }
    tasks.push(task)
  }
  return { tasks, screenshots: waits.length }
}

/** `*` stands for anything, at any place (Spring's PatternMatchUtils). */
const matches = (pattern: string, text: string): boolean =>
  new RegExp(
    `^${pattern
      .split('*')
      .map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, '\\$&'))
      .join('.*')}$`,
    's',
  ).test(text)

async function run(page: Page, [name, by, target, ...rest]: Command): Promise<void> {
  const element = locate(page, by, target)
  if (rest.at(-1) === 'optional' && (await element.count()) === 0) return
  switch (name) {
    case 'text':
      return element.fill(String(rest[0]))
    case 'click':
      await Promise.all([page.waitForEvent('load'), element.click()])
      return
    case 'wait': {
      await element.waitFor({ timeout: Number(rest[0]) * 1_000 })
      if (rest[1] !== undefined) assert.match(await element.innerText(), new RegExp(String(rest[1])))
      return
    }
    default:
      assert.fail(`the suite has no command ${name}`)
  }
}

function locate(page: Page, by: string, target: string): Locator {
  const css = { id: `[id="${target}"]`, name: `[name="${target}"]`, class: `.${target}`, css: target }[by]
  assert.ok(css, `the suite finds no element by ${by}`)
  return page.locator(css).first()
}
