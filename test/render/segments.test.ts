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
