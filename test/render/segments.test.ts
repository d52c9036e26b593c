import fc from 'fast-check'
import { SegmentedMessage } from 'sms-segments-calculator'
import { expect, it } from 'vitest'
import { segments } from '../../src/render/segments.ts'

it.each([
  ['a'.repeat(160), { encoding: 'GSM-7', segments: 1, characters: 160 }],
  ['a'.repeat(161), { encoding: 'GSM-7', segments: 2, characters: 161 }],
  ['é'.repeat(160), { encoding: 'GSM-7', segments: 1, characters: 160 }],
  ['á'.repeat(70), { encoding: 'UCS-2', segments: 1, characters: 70 }],
  ['á'.repeat(71), { encoding: 'UCS-2', segments: 2, characters: 71 }],
  ['€'.repeat(80), { encoding: 'GSM-7', segments: 1, characters: 160 }],
])('counts what %s costs', (text, cost) => {
  expect(segments(text)).toEqual(cost)
})

/** From letters that travel well to those that do not, so that every way of counting is taken. */
const ALPHABETS = ['abc 1@\n', 'ab[]{}^~|\\€\f', 'aéñü€', 'áíóú a', 'зима', 'مرحبا ١', 'a`“–”\r\n', 'a👍🏽e\u0301']
const letter = fc.constantFrom(...ALPHABETS).chain((alphabet) => fc.constantFrom(...alphabet))

it.each(ALPHABETS)('counts texts of %j as the calculator does', (alphabet) => {
  const text = fc.array(fc.constantFrom(...alphabet), { minLength: 60, maxLength: 340 }).map((all) => all.join(''))

  fc.assert(fc.property(text, agrees), { numRuns: 40 })
})

/** Lengths about which a segment more is needed, for letters of one place and of two. */
const EDGES = [35, 36, 67, 68, 70, 71, 77, 80, 81, 134, 135, 152, 153, 154, 160, 161, 201, 202, 203, 230, 306, 307]

it.each(ALPHABETS)('counts texts of %j at the edges of segments', (alphabet) => {
  const letters = [...alphabet]
  const texts = EDGES.map((length) => Array.from({ length }, (_, i) => letters[(i * i) % letters.length]).join(''))

  expect(texts.map(segments)).toEqual(texts.map(calculated))
})

it('counts mixed texts as the calculator does', () => {
  const text = fc.array(letter, { maxLength: 200 }).map((all) => all.join(''))

  fc.assert(fc.property(text, agrees), { numRuns: 40 })
})

it('knows each letter of the plane that most scripts live in', () => {
  const wrong = Array.from({ length: 0x2100 }, (_, code) => `a${String.fromCharCode(code)}b`).filter(
    (text) => JSON.stringify(segments(text)) !== JSON.stringify(calculated(text)),
  )

  expect(wrong).toEqual([])
})

const agrees = (text: string): void => {
  expect(segments(text)).toEqual(calculated(text))
}

function calculated(text: string) {
  const { encodingName, segmentsCount, numberOfCharacters } = new SegmentedMessage(text)
  return { encoding: encodingName, segments: segmentsCount, characters: numberOfCharacters }
}
