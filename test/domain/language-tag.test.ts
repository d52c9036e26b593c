import { describe, expect, it } from 'vitest'
import { normaliseLocale } from '../../src/domain/language-tag.ts'

describe('normaliseLocale', () => {
  it.each([
    ['en', 'en'],
    ['ES', 'es'],
    ['es-mx', 'es-MX'],
    ['es_MX', 'es-MX'],
    [' pt-br ', 'pt-BR'],
    ['es-419', 'es-419'],
    ['zh-hant-tw', 'zh-Hant-TW'],
    ['iw', 'he'],
    ['xx-YY', 'xx-YY'],
    ['fil', 'fil'],
    ['ca-ES-valencia', 'ca-ES-valencia'],
    ['ar-EG-u-nu-latn', 'ar-EG-u-nu-latn'],
  ])('spells %j as %j', (text, tag) => {
    expect(normaliseLocale(text)).toBe(tag)
  })

  it.each([
    [''],
    [' '],
    ['e'],
    ['english'],
    ['en-'],
    ['-en'],
    ['en--US'],
    ['en-US-'],
    ['es MX'],
    ['../../etc/passwd'],
    ['en/../es'],
    ['*'],
    ['en-US\u0000'],
    ['x-private'],
    ['es-MX.UTF-8'],
    ['en-a-aa-a-bb'],
    ['de-1996-1996'],
    ['12'],
    [`en-${'a'.repeat(1_000)}`],
    ['en-aaaaaaaa-bbbbbbbb-cccccccc-ddddddd'],
    ['ｅｓ'],
  ])('refuses %j', (text) => {
    expect(normaliseLocale(text)).toBeUndefined()
  })
})
