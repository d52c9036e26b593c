import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { makeCsvReader } from '../../src/lib/csv.ts'

function readAll(text: string, { size = text.length + 1, longest = 50 } = {}) {
  const reader = makeCsvReader({ delimiter: ',', longest })
  const pieces = Array.from({ length: Math.ceil(text.length / size) }, (_, i) => text.slice(i * size, (i + 1) * size))
  return [...pieces.flatMap((piece) => [...reader.read(piece)]), ...reader.read('', true)]
}
const shapeOf = (text: string, size?: number) =>
  readAll(text, size === undefined ? {} : { size }).map(({ line, cells, fault }) => [line, fault ?? cells])

describe('records', () => {
  it.each([
    [
      'of plain cells',
      'a,b\nc,d\n',
      [
        [1, ['a', 'b']],
        [2, ['c', 'd']],
      ],
    ],
    [
      'with line breaks of Windows',
      'a\r\nb',
      [
        [1, ['a']],
        [2, ['b']],
      ],
    ],
    [
      'with line breaks of an old Mac',
      'a\rb\r',
      [
        [1, ['a']],
        [2, ['b']],
      ],
    ],
    [
      'with a line break in a cell',
      'a,"b\r\nc"\nd',
      [
        [1, ['a', 'b\r\nc']],
        [3, ['d']],
      ],
    ],
    ['with doubled quotation marks', '"a""b",""""\n', [[1, ['a"b', '"']]]],
    ['with blanks around quotation marks', ' "a" , "b" \n', [[1, ['a', 'b']]]],
    ['with quotation marks in a bare cell', '5" pipe,="01"\n', [[1, ['5" pipe', '="01"']]]],
    ['with an empty cell at the end', 'a,\n', [[1, ['a', '']]]],
    [
      'that are empty',
      'a\n\nb',
      [
        [1, ['a']],
        [2, ['']],
        [3, ['b']],
      ],
    ],
  ])('%s', (_, text, shape) => {
    expect(shapeOf(text)).toEqual(shape)
  })

  it.each([
    [
      'a quotation mark that is never closed',
      'a,"b\nc,d\ne,f',
      'open_quote',
      [
        [2, ['c', 'd']],
        [3, ['e', 'f']],
      ],
    ],
    ['one that seems to be closed below', 'a,"b\nc,"d"\n', 'open_quote', [[2, ['c', 'd']]]],
    ['text behind a closed one', 'a,"b"c\nd,e\n', 'after_quote', [[2, ['d', 'e']]]],
    ['a line without end', `${'x'.repeat(60)}\na,b\n`, 'too_long', [[2, ['a', 'b']]]],
    ['a cell in quotation marks without end', `"${'x\n'.repeat(40)}`, 'open_quote', []],
  ])('are read on below %s', (_, text, fault, more) => {
    const [first, ...rest] = shapeOf(text)

    expect(first).toEqual([1, fault])
    expect(rest.slice(0, more.length)).toEqual(more)
  })

  it('with anything in their cells are read as others read them, whatever the pieces they come in', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', 'é', ' ', ',', ';', '"', '\n', '\r\n', '\t'), maxLength: 8 })
    const quoted = cell.map((text) => `"${text.replaceAll('"', '""')}"`)
    const bare = fc.string({ unit: fc.constantFrom('b', '0', '+', ';', '@'), minLength: 1, maxLength: 6 })
    const record = fc.array(fc.oneof(quoted, bare), { minLength: 1, maxLength: 4 }).map((cells) => cells.join(','))
    const file = fc.array(record, { minLength: 1, maxLength: 8 }).map((records) => records.join('\n'))

    fc.assert(
      fc.property(file, fc.integer({ min: 1, max: 40 }), (text, size) => {
        const theirs = parse(text, { relax_column_count: true, record_delimiter: '\n', skip_empty_lines: false })

        expect(readAll(text, { size, longest: 1_000 }).map(({ cells }) => cells)).toEqual(theirs)
      }),
    )
  })

  it('are read on below a line without end, wherever the pieces part its break', () => {
    const text = `${'x'.repeat(60)}\ra,b\r`

    expect(readAll(text, { size: 61 }).map(({ line, cells }) => [line, cells])).toEqual([
      [1, []],
      [2, ['a', 'b']],
    ])
  })

  it('keep their text, by which they are found again', () => {
    const text = 'a,"b\nc"\nd, e\n'

    expect(readAll(text).map((record) => record.text)).toEqual(['a,"b\nc"', 'd, e'])
  })
})
