import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { CODE_LENGTH, codeOf, endsCodes, readCode, SAMPLE_CODE } from '../../src/domain/evergreen.ts'

it('makes a code of 80 bits, five of each random byte', () => {
  const letters = Array.from({ length: 32 }, (_, n) => codeOf(Uint8Array.of(n)))

  expect(new Set(letters).size).toBe(32)
  expect(CODE_LENGTH * 5).toBe(80)
  expect(codeOf(new Uint8Array(CODE_LENGTH).fill(255))).toBe('zzzzzzzzzzzzzzzz')
})

it('reads every code that it makes', () => {
  const codes = Array.from({ length: 200 }, () => codeOf(randomBytes(CODE_LENGTH)))

  expect(codes.map(readCode)).toEqual(codes)
  expect(readCode(SAMPLE_CODE)).toBeDefined()
})

it('reads what a person made of it', () => {
  expect(readCode('ABCDEFGHJKMNPQ0O')).toBe('abcdefghjkmnpq00')
  expect(readCode('liIL000000000000')).toBe('1111000000000000')
})

it.each(['', 'abc', 'abcdefghjkmnpq000', 'abcdefghjkmnpq0u', 'abcdefghjkmnpq0-', 'abcdefghjkmnpq0\n'])(
  'does not take %j for a code',
  (text) => {
    expect(readCode(text)).toBeUndefined()
  },
)

it('lets codes live on where a person may come back, and die where somebody ended the dispatch', () => {
  expect((['accepted', 'sent', 'opened', 'exhausted', 'failed'] as const).filter(endsCodes)).toEqual([])
  expect(
    (['cancelled', 'superseded', 'suppressed', 'expired'] as const).filter((status) => !endsCodes(status)),
  ).toEqual([])
})
