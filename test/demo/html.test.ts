import assert from 'node:assert/strict'
import { test } from 'node:test'
import { html } from '../../src/demo/html.ts'

test('every value is escaped, markup made by html is not, and nothing prints for false and undefined', () => {
  const made = html`<p title="${'"><script>'}">${"<&'"}${html`<b>${1}</b>`}${[html`<i></i>`, html`<u></u>`]}${false}${undefined}</p>`

  assert.equal(made.markup, '<p title="&#34;&#62;&#60;script&#62;">&#60;&#38;&#39;<b>1</b><i></i><u></u></p>')
})

test('an object that merely looks like markup is not taken for it', () => {
  const claim: unknown = JSON.parse('{"markup":"<script>"}')

  assert.throws(() => html`${claim as never}`)
})
