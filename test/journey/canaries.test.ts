import { describe, expect, it } from 'vitest'
import { readId } from '../../src/lib/id.ts'
import { type Secrets, secretsIn } from '../support/canaries.ts'
import { openCollector } from '../support/collector.ts'
import { logPosition, notSealed, readFiles, redisDump } from '../support/data-files.ts'
import { BACKENDS, eventually, type House, openHouse } from '../support/house.ts'
import { queuesOf, textOfTables } from '../support/queues.ts'
import { known, person } from './canary-person.ts'
import { MAIL_SECRET, makeStory } from './canary-story.ts'

describe.each(BACKENDS)('with the queues in %s', (backend) => {
  it('no file, dump, log, trace, figure or answer holds what is secret, in whatever disguise', {
    timeout: 120_000,
  }, async () => {
    const collector = await openCollector()
    const lines: string[] = []
    const from = await logPosition()
    const house = await openHouse({
      queues: backend,
      env: {
        EMAIL_WEBHOOK_SECRET: MAIL_SECRET,
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        LOG_LEVEL: 'trace',
        CAP_PER_DAY: 'off',
        CAP_PER_WEEK: 'off',
      },
      log: { level: 'trace', destination: { write: (line: string) => void lines.push(line) } },
    })
    const story = makeStory(house)

    await story.sends()
    await story.hears()
    await story.refuses()
    await story.campaigns()
    await story.stops()
    const queued = await jobsOf(house, backend)
    const figures = await (await fetch(`${house.url}/metrics`)).text()

    const secrets: Secrets = { ...known, ...story.learned() }
    const tables = await textOfTables(house.databaseUrl)
    expect(tables).toContain('user_canary')
    expect(secretsIn(tables, secrets), 'tables').toEqual([])
    expect(await notSealed(house.databaseUrl)).toEqual([])
    await readFiles(house.databaseUrl, from, (name, bytes) => {
      expect(secretsIn(bytes, secrets), name).toEqual([])
      story.count(bytes)
    })
    expect(secretsIn(queued, secrets), 'queues').toEqual([])
    expect(secretsIn(figures, secrets), 'metrics').toEqual([])
    expect(secretsIn(story.answers().join('\n'), mayNotBeAnswered(secrets)), 'answers').toEqual([])
    await house.app.stop()
    expect(secretsIn(lines.join(''), secrets), 'logs').toEqual([])
    expect(secretsIn(collector.text(), secrets), 'traces').toEqual([])
    story.proveItHappened(lines.join(''), collector.text(), queued)
  })
})

it('a secret is found in each of the disguises it is looked for in', () => {
  const secret = 'Cañary/4826+x'
  const disguises = [
    `a ${secret} b`,
    `?q=${encodeURIComponent(secret)}`,
    `${new URLSearchParams({ q: `${secret} ` })}`,
    JSON.stringify({ [secret]: 1 }),
    '"Ca\\u00f1ary/4826+x"',
    Buffer.from(`a ${secret} b`).toString('hex'),
    ...['', 'x', 'xy'].map((before) => Buffer.from(`${before}${secret} and more`).toString('base64')),
    ...['', 'x', 'xy'].map((before) => Buffer.from(`${before}${secret} and more`).toString('base64url')),
  ]

  expect(disguises.map((text) => secretsIn(text, { secret }))).toEqual(disguises.map(() => ['secret']))
  expect(secretsIn('Canary 4826', { secret })).toEqual([])
})

/** A preview shows words as the person will see them, and metadata is the CRM's to read. */
const mayNotBeAnswered = ({ 'first name': _, 'last name': __, metadata: ___, ...rest }: Secrets): Secrets => rest

/** A queue with a job waiting in it, as it lies in Redis' dump, or in its tables. */
async function jobsOf(house: House, backend: (typeof BACKENDS)[number]): Promise<Buffer> {
  const queues = await queuesOf(house, backend)
  await queues.pause('email')
  const { id } = await house.accept({
    ...person,
    referenceId: 'user_queued',
    channels: ['email'],
    contact: { email: 'queued.4826@example.com' },
  })
  await eventually(async () => expect(await queues.text()).toContain(readId('dsp', id)))
  const held = backend === 'redis' ? await redisDump() : Buffer.from(await queues.text())
  expect(held.includes(readId('dsp', id) ?? '')).toBe(true)
  await queues.resume('email')
  await house.settled()
  return held
}
