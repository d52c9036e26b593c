import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { checkRecordFile } from '../../src/cli/check-record.ts'
import { aRecord, atSecond, opened } from '../support/records.ts'

const folder = mkdtempSync(join(tmpdir(), 'link-dispatcher-record-'))
afterAll(() => rmSync(folder, { recursive: true }))

async function check(given: unknown) {
  const file = join(folder, 'record.json')
  writeFileSync(file, typeof given === 'string' ? given : JSON.stringify(given))
  const lines: string[] = []
  const code = await checkRecordFile(file, (line) => lines.push(line.replace(file, 'record.json')))
  return { code, lines }
}

describe('check-record', () => {
  it('prints a line for each promise, and ends with 0 when all hold', async () => {
    const { code, lines } = await check(aRecord())

    expect(code).toBe(0)
    expect(lines).toEqual([
      'P2 holds: 2 planned attempts may have begun, and none after 2026-11-22T14:00:00.100Z, when the open could be answered.',
      expect.stringMatching(/^P3 holds: /),
      expect.stringMatching(/^P6 holds: /),
    ])
  })

  it('says of the record in the document what the document says', async () => {
    const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'record.md'), 'utf8')
    const [, record = ''] = /```json\n(.*?)```/s.exec(page) ?? []
    const [, output = ''] = /```text\n(.*?)```/s.exec(page) ?? []

    const { code, lines } = await check(record)

    expect([code, lines]).toEqual([0, output.trim().split('\n')])
  })

  it('ends with 1 when one is broken, whatever else is unproven', async () => {
    const { code, lines } = await check(
      aRecord((facts) => [...facts.filter(({ kind }) => kind !== 'carried'), opened({ fencedAt: atSecond(2) })]),
    )

    expect(code).toBe(1)
    expect(lines).toEqual([
      expect.stringMatching(/^P2 broken: /),
      expect.stringMatching(/^P3 holds: /),
      expect.stringMatching(/^P6 unproven: /),
    ])
  })

  it('ends with 2 when one is unproven', async () => {
    const { code } = await check(aRecord((facts) => facts.filter(({ kind }) => kind !== 'carried')))

    expect(code).toBe(2)
  })

  it.each<[string, unknown, string]>([
    ['text', 'Dear Sir', 'record.json is no record: it is not JSON.'],
    ['another answer', { items: [] }, 'record.json is no record: it has no field "record".'],
    ['a list', [1], 'record.json is no record: it has no field "record".'],
    ['nothing', 'null', 'record.json is no record: it has no field "record".'],
    [
      'a record of the future',
      { ...aRecord(), record: 2 },
      'record.json is a record of version 2, and this release reads version 1.',
    ],
    [
      'a record that was cut',
      { ...aRecord(), madeAt: undefined },
      'record.json is no whole record: madeAt: Invalid input: expected string, received undefined.',
    ],
  ])('says of %s what is wrong with it, and ends with 3', async (_, given, line) => {
    expect(await check(given)).toEqual({ code: 3, lines: [line] })
  })

  it('says of a file that is not there that it cannot be read', async () => {
    const lines: string[] = []

    const code = await checkRecordFile('nowhere.json', (line) => lines.push(line))

    expect([code, lines]).toEqual([3, ['nowhere.json cannot be read.']])
  })
})
