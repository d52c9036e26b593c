import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openHouse } from '../support/house.ts'

const CLI = join(import.meta.dirname, '..', '..', 'src', 'cli.ts')
const folder = mkdtempSync(join(tmpdir(), 'link-dispatcher-campaign-'))
afterAll(() => rmSync(folder, { recursive: true }))

const house = await openHouse()
const PEOPLE = `Customer Id;Nombre;Móvil;Correo
u-1;Ana;+15125550101;ana@example.com
u-2;Bea;+15125550102;
u-3;Caro;12;
`

const LINE = JSON.stringify({ referenceId: 'u-1', contact: { email: 'ana@example.com' } })

describe('dispatcher campaign', () => {
  const file = join(folder, 'people.csv')
  const refused = join(folder, 'refused.csv')
  let id = ''

  beforeAll(async () => {
    writeFileSync(file, PEOPLE)
    const made = await campaign('create', '--name', 'December', '--category', 'transactional', '--no-reminders')
    id = made.out.trim()
  }, 60_000)

  it('create prints the id, and nothing else, for a script to keep', () => {
    expect(id).toMatch(/^cmp_[0-9a-z]{26}$/)
  })

  it('upload tells apart that some rows were refused, and keeps them', async () => {
    const answer = await campaign('upload', id, file, '--map', 'Customer Id=referenceId', '--refused', refused)

    expect(answer.code).toBe(3)
    expect(answer.err).toContain('3 rows: 2 new, 0 known before, 0 twice in the file, 1 refused.')
    expect(answer.err).toContain('line 4: Móvil')
    expect(readFileSync(refused, 'utf8')).toContain('u-3')
  }, 60_000)

  it('upload reads standard input when told what it is', async () => {
    const unsaid = await campaign('upload', id, '-')
    const said = await campaign('upload', id, '-', '--format', 'ndjson', { input: `${LINE}\n` })

    expect(unsaid).toMatchObject({ code: 2, err: expect.stringContaining('--format csv or --format ndjson') })
    expect(said.err).toContain('1 row: 0 new, 1 known before')
  }, 60_000)

  it('estimate, start, status and export go the whole way', async () => {
    const estimate = await campaign('estimate', id, '--json')
    const start = await campaign('start', id)
    await house.settled()
    const status = await campaign('status', id, '--json')
    const list = await campaign('export', id, '--list', 'not_opened', '--format', 'ndjson')

    expect(JSON.parse(estimate.out).audience).toMatchObject({ rows: 2, recipients: 2 })
    expect(start).toMatchObject({ code: 0, out: expect.stringMatching(/^(running|finished): /) })
    expect(JSON.parse(status.out).audience).toMatchObject({ planned: 2 })
    expect(list).toMatchObject({ code: 0, err: '' })
  }, 120_000)

  it('status says in a sentence why nothing is being sent', async () => {
    const paused = await house.call('POST', `/v1/campaigns/${id}/pause`, { reason: 'wrong words' })

    const status = await campaign('status', id)

    expect(paused.status, paused.text).toBe(200)
    expect(status.out).toContain('Nothing is being sent: it is paused (wrong words).')
  }, 60_000)

  it('says what forbids it, with a code of its own', async () => {
    const again = await campaign('create', '--name', 'Late', '--category', 'transactional')
    await campaign('cancel', again.out.trim())

    const start = await campaign('start', again.out.trim())

    expect(start).toMatchObject({ code: 4, err: expect.stringContaining('cancelled') })
  }, 60_000)

  it('never sends a key over plain http to another machine', async () => {
    const answer = await campaign('status', id, '--url', 'http://198.51.100.7')

    expect(answer).toMatchObject({ code: 2, err: expect.stringContaining('https') })
  }, 60_000)

  it('says where it asked when nobody is there', async () => {
    const answer = await campaign('status', id, '--url', 'http://127.0.0.1:1')

    expect(answer).toMatchObject({ code: 1, err: expect.stringContaining('http://127.0.0.1:1 could not be asked') })
  }, 60_000)

  it('shows examples and exit codes in its help', async () => {
    const { out } = await campaign('--help')

    expect(out).toContain('Examples:')
    expect(out).toContain('Exit codes: 0 done')
  }, 60_000)
})

async function campaign(...given: (string | { input: string })[]) {
  const args = given.filter((one) => typeof one === 'string')
  const input = given.find((one) => typeof one !== 'string')?.input
  const env = { ...process.env, DISPATCHER_URL: house.url, DISPATCHER_API_KEY: house.app.apiKey }
  const child = spawn(process.execPath, [CLI, 'campaign', ...args], { env })
  child.stdin.end(input ?? '')
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  return { code: child.exitCode, out, err }
}
