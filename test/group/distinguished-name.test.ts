import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseDistinguishedName, sameName } from '../../src/group/distinguished-name.ts'

const CN = '2.5.4.3'

test('RFC 4514 a name is read from its end, with escapes, several parts and dotted types', () => {
  assert.deepEqual(parseDistinguishedName('CN=shop,O=Aurora'), [[{ type: '2.5.4.10', value: 'Aurora' }], [{ type: CN, value: 'shop' }]])
  assert.deepEqual(parseDistinguishedName('cn=a\\,b'), [[{ type: CN, value: 'a,b' }]])
  assert.deepEqual(parseDistinguishedName('CN=a\\2Cb'), [[{ type: CN, value: 'a,b' }]])
  assert.deepEqual(parseDistinguishedName('CN=Lu\\C4\\8Di\\C4\\87'), [[{ type: CN, value: 'Lučić' }]])
  assert.deepEqual(parseDistinguishedName('CN=👗'), [[{ type: CN, value: '👗' }]])
  assert.deepEqual(parseDistinguishedName('1.3.6.1=x'), [[{ type: '1.3.6.1', value: 'x' }]])
  assert.deepEqual(parseDistinguishedName('CN=a+OU=b'), [
    [
      { type: CN, value: 'a' },
      { type: '2.5.4.11', value: 'b' },
    ],
  ])
})

test('RFC 4514 what is no name, or one nobody can compare by eye, is none', () => {
  for (const text of [
    '',
    'shop',
    'CN=',
    'CN',
    '=x',
    'XX=y',
    'CN=a,',
    ',CN=a',
    'CN=#0401',
    'CN=a\\',
    'CN=a\\x',
    'CN=a"b',
    'CN=a;b',
    'CN=a<b',
    'CN=a++OU=b',
  ])
    assert.equal(parseDistinguishedName(text), undefined, text)
})

test('names are the same part by part; the parts of one relative name have no order', () => {
  const same = (a: string, b: string) => sameName(parseDistinguishedName(a)!, parseDistinguishedName(b)!)

  assert.equal(same('CN=a+OU=b,C=DE', 'OU=b+CN=a,C=DE'), true)
  assert.equal(same('CN=a,OU=b', 'OU=b,CN=a'), false)
  assert.equal(same('CN=a', 'CN=A'), false)
  assert.equal(same('CN=a', 'CN=a,C=DE'), false)
  assert.equal(same('CN=a\\+OU=b', 'CN=a+OU=b'), false)
})
