import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { attributes, html, raw, render } from '../../src/web/html.ts'

test('text is escaped, markup made by html and raw is not', () => {
  const name = '<b>"Ada" & \'Co\'</b>'

  assert.equal(
    render(html`<p title="${name}">${name}${html`<i>${1}</i>`}${raw('<br>')}</p>`),
    `<p title="${ESCAPED}">${ESCAPED}<i>1</i><br></p>`,
  )
})

const ESCAPED = '&lt;b&gt;&quot;Ada&quot; &amp; &#39;Co&#39;&lt;/b&gt;'

test('lists are printed one after the other, and nothing stands for false, null and undefined', () => {
  assert.equal(render(html`${['a', html`<b></b>`, ['<']]}${false}${null}${undefined}${0}`), 'a<b></b>&lt;0')
})

test('attributes print true as a bare name, nothing for false and undefined, and escape the rest', () => {
  const printed = attributes({ required: true, readonly: false, value: undefined, maxlength: 8, title: '"><script>' })

  assert.equal(render(printed), ' required maxlength="8" title="&quot;&gt;&lt;script&gt;"')
})

test('no text can leave its element or its quoted attribute', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('<', '>', '"', "'", '&', '/', 'a', ' ', '`', '=') }), (text) => {
      const printed = render(html`<p title="${text}">${text}</p>`)
      const [, title, content] = /^<p title="([^"<>']*)">([^<>"']*)<\/p>$/.exec(printed) ?? assert.fail(printed)
      assert.equal(title, content)
    }),
  )
})
