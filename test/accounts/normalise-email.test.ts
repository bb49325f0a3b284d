import assert from 'node:assert/strict'
import { test } from 'node:test'
import { normaliseEmail } from '../../src/accounts/index.ts'

const same: readonly [string, string][] = [
  ['ada@example.com', 'ada@example.com'],
  ['  Ada@Example.COM\n', 'ada@example.com'],
  ['ＡＤＡ＠ｅｘａｍｐｌｅ．ｃｏｍ', 'ada@example.com'],
  ['ada+news@example.com', 'ada+news@example.com'],
  ["o'hara_1%x@example.com", "o'hara_1%x@example.com"],
  ['jürgen@müller.de', 'jürgen@xn--mller-kva.de'],
  ['ju\u0308rgen@mu\u0308ller.de', 'jürgen@xn--mller-kva.de'],
  ['JÜRGEN@XN--MLLER-KVA.DE', 'jürgen@xn--mller-kva.de'],
  ['ada@例え。テスト', 'ada@xn--r8jz45g.xn--zckzah'],
  ['ada@l·l.cat', 'ada@xn--ll-0ea.cat'],
  ['J\u030ca@example.com', '\u01f0a@example.com'],
  ['ﬁona@ﬁ.example', 'fiona@fi.example'],
  ['\u212Aim@example.com', 'kim@example.com'],
  ['ada@3com.4you', 'ada@3com.4you'],
  [
    `${'a'.repeat(64)}@${'b'.repeat(61)}.${'c'.repeat(61)}.${'d'.repeat(61)}.com`,
    `${'a'.repeat(64)}@${'b'.repeat(61)}.${'c'.repeat(61)}.${'d'.repeat(61)}.com`,
  ],
]

for (const [typed, normalised] of same) {
  test(`SEC-38 ${JSON.stringify(typed)} is ${normalised}`, () => assert.equal(normaliseEmail(typed), normalised))
}

const malformed: readonly [string, string][] = [
  ['nothing', ''],
  ['only spaces', '   '],
  ['no @', 'ada.example.com'],
  ['no local part', '@example.com'],
  ['no domain', 'ada@'],
  ['two @', 'ada@evil.example@example.com'],
  ['two @ of which one is full-width', 'ada@evil.example＠example.com'],
  ['an address in quotes with @', '"ada@evil.example"@example.com'],
  ['two addresses', 'ada@example.com,eve@evil.example'],
  ['two addresses by full-width comma', 'ada@example.com，eve@evil.example'],
  ['two addresses by semicolon', 'ada@example.com;eve@evil.example'],
  ['an address with a name', 'Ada <ada@example.com>'],
  ['a comment', 'ada(eve)@example.com'],
  ['a quoted local part', '"ada"@example.com'],
  ['a backslash', 'a\\da@example.com'],
  ['a space', 'a da@example.com'],
  ['a no-break space', 'a\u00a0da@example.com'],
  ['a line break and a header', 'ada@example.com\r\nBcc: eve@evil.example'],
  ['a NUL', 'ada\0@example.com'],
  ['a bidi mark', 'ada\u202e@example.com'],
  ['a zero-width space', 'ada\u200b@example.com'],
  ['a lone surrogate', 'ada\ud800@example.com'],
  ['a dot at the start', '.ada@example.com'],
  ['a dot at the end', 'ada.@example.com'],
  ['two dots', 'a..da@example.com'],
  ['a local host', 'ada@localhost'],
  ['an IPv4 address', 'ada@127.0.0.1'],
  ['an IPv4 address in hex', 'ada@0x7f.1'],
  ['an address literal', 'ada@[127.0.0.1]'],
  ['an IPv6 literal', 'ada@[IPv6:::1]'],
  ['a port', 'ada@example.com:25'],
  ['a path', 'ada@example.com/x'],
  ['a percent-encoded domain', 'ada@exa%6dple.com'],
  ['an underscore in the domain', 'ada@exa_mple.com'],
  ['a hyphen at the start of a label', 'ada@-example.com'],
  ['an empty label', 'ada@example..com'],
  ['a dot at the end of the domain', 'ada@example.com.'],
  ['a label of 64', `ada@${'a'.repeat(64)}.com`],
  ['a local part of 65', `${'a'.repeat(65)}@example.com`],
  ['255 characters', `${'a'.repeat(64)}@${'b'.repeat(62)}.${'c'.repeat(61)}.${'d'.repeat(61)}.com`],
  ['a megabyte', `${'ﷺ'.repeat(350_000)}@example.com`],
]

for (const [what, typed] of malformed) {
  test(`SEC-38 an address with ${what} is refused`, () => assert.equal(normaliseEmail(typed), undefined))
}
