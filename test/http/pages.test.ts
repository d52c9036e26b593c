import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import supertest from 'supertest'
import { describe, expect, it } from 'vitest'
import { FAILURES, type FailureCode } from '../../src/domain/failure.ts'
import type { Hold } from '../../src/domain/hold.ts'
import { newUuid, readId, showId } from '../../src/lib/id.ts'
import { aCampaign } from '../support/campaigns.ts'
import { aRecord } from '../support/records.ts'
import { aView, makeHouse, NOW, SAMPLE_URL } from './kit.ts'
import { aSuppression } from './suppression-kit.ts'

const HOLD: Hold = {
  id: newUuid(),
  scope: 'channel',
  value: 'sms',
  reason: 'incident',
  placedBy: 'crm',
  placedAt: NOW,
  probeAt: null,
}

describe('the API describes itself', () => {
  it('as OpenAPI 3.1, with every route and every schema a reference names', async () => {
    const { app } = makeHouse()

    const { status, body, text } = await supertest(app).get('/openapi.json')

    expect(status).toBe(200)
    expect(body.openapi).toBe('3.1.0')
    expect(Object.keys(body.paths).sort()).toEqual([
      '/l/{code}',
      '/u/{token}',
      '/v1/campaigns',
      '/v1/campaigns/{id}',
      '/v1/campaigns/{id}/audience',
      '/v1/campaigns/{id}/audience/list',
      '/v1/campaigns/{id}/audience/mapping',
      '/v1/campaigns/{id}/audience/{upload}/refused',
      '/v1/campaigns/{id}/cancel',
      '/v1/campaigns/{id}/estimate',
      '/v1/campaigns/{id}/follow-up',
      '/v1/campaigns/{id}/follow-up.csv',
      '/v1/campaigns/{id}/follow-up.ndjson',
      '/v1/campaigns/{id}/funnel',
      '/v1/campaigns/{id}/pause',
      '/v1/campaigns/{id}/progress',
      '/v1/campaigns/{id}/results',
      '/v1/campaigns/{id}/resume',
      '/v1/campaigns/{id}/samples',
      '/v1/campaigns/{id}/start',
      '/v1/campaigns/{id}/test',
      '/v1/dispatches',
      '/v1/dispatches/batch',
      '/v1/dispatches/search',
      '/v1/dispatches/{id}',
      '/v1/dispatches/{id}/cancel',
      '/v1/dispatches/{id}/record',
      '/v1/dispatches/{id}/resend',
      '/v1/events',
      '/v1/events/stream',
      '/v1/holds',
      '/v1/holds/{id}',
      '/v1/inbound-texts',
      '/v1/keys',
      '/v1/keys/{id}',
      '/v1/previews',
      '/v1/recipients/{referenceId}/cancel',
      '/v1/recipients/{referenceId}/in-app',
      '/v1/recurrences',
      '/v1/recurrences/{id}',
      '/v1/status',
      '/v1/suppressions',
      '/v1/suppressions/import',
      '/v1/suppressions/search',
      '/v1/suppressions/{id}/lift',
      '/v1/take-backs',
      '/v1/take-backs/{template}',
      '/v1/take-backs/{template}/recipients',
      '/v1/take-backs/{template}/recipients.csv',
      '/v1/templates',
      '/webhooks/email/{provider}',
      '/webhooks/m2m',
      '/webhooks/twilio/inbound',
      '/webhooks/twilio/status',
    ])
    const named = new Set(text.match(/(?<="#\/components\/schemas\/)\w+/g))
    expect([...named].filter((name) => !body.components.schemas[name])).toEqual([])
    expect(body.components.schemas.NewDispatch.additionalProperties).toBe(false)
    expect(body.components.schemas.NewDispatch.required).toEqual(['referenceId'])
  })

  it('as a page that loads nothing from elsewhere', async () => {
    const { app } = makeHouse()

    const { status, text, headers } = await supertest(app).get('/docs')

    expect(status).toBe(200)
    expect(headers['content-security-policy']).toContain("default-src 'none'; script-src 'self'")
    expect(text).not.toMatch(/https?:/)
  })

  it.each(['/docs/swagger-ui.css', '/docs/swagger-ui-bundle.js', '/docs/start.js', '/docs/errors.css'])(
    'serves %s itself',
    async (path) => {
      const { app } = makeHouse()

      const { status, headers } = await supertest(app).get(path)

      expect(status).toBe(200)
      expect(headers['content-type']).toMatch(/javascript|css/)
    },
  )
})

describe('the page of an error code', () => {
  const folder = join(import.meta.dirname, '..', '..', 'docs', 'errors')
  const codes = Object.keys(FAILURES) as FailureCode[]

  it('is there for every code, and for nothing else', () => {
    const pages = readdirSync(folder)

    expect(pages.toSorted()).toEqual(codes.map((code) => `${code}.md`).toSorted())
  })

  it.each(codes)('%s says what happened, what to do, and shows the true answer', (code) => {
    const page = readFileSync(join(folder, `${code}.md`), 'utf8')

    const [, example = ''] = /```json\n(.*?)```/s.exec(page) ?? []
    const [status, title, detail] = FAILURES[code]
    expect(page.startsWith(`# ${title}\n\n\`${code}\`, status ${status}\n\n## What happened\n`)).toBe(true)
    expect(page).toContain('\n## What to do\n')
    expect(JSON.parse(example)).toMatchObject({ type: `/docs/errors/${code}`, title, status, code, detail })
  })

  it('is a page in a browser, and text elsewhere', async () => {
    const { app } = makeHouse()

    const html = await supertest(app).get('/docs/errors/forbidden').set('Accept', 'text/html')
    const text = await supertest(app).get('/docs/errors/forbidden').set('Accept', 'text/plain')

    expect(html.headers['content-type']).toBe('text/html; charset=utf-8')
    expect(html.text).toContain('<h1>The API key may not do this</h1>')
    expect(text.text).toMatch(/^# The API key may not do this\n/)
  })
})

/** The campaign that requests of the pages name. */
const IN_THE_EXAMPLES = readId('cmp', 'cmp_06cfrm24z1y2x3w4v5t6s7r8qa') ?? ''

describe('the page of a resource', () => {
  const folder = join(import.meta.dirname, '..', '..', 'docs', 'api')
  const sections = readdirSync(folder).flatMap((name) =>
    readFileSync(join(folder, name), 'utf8')
      .split(/^## /m)
      .filter((section) => /^`[A-Z]+ \//.test(section)),
  )
  const titles = sections.map((section) => /^`(.*?)`/.exec(section)?.[1] ?? '')

  it('is there for every operation, and for nothing else', async () => {
    const { app } = makeHouse()
    const { body } = await supertest(app).get('/openapi.json')

    const operations = Object.entries<object>(body.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    )

    expect(titles.toSorted()).toEqual(operations.toSorted())
  })

  it.each(
    sections
      .filter((section) => section.includes('```json 2'))
      .map((section) => [/^`(.*?)`/.exec(section)?.[1], section] as const),
  )('%s shows a request that works and an answer of that shape', async (_, section) => {
    const { knock, has, ports } = makeHouse()
    const [, method = '', path = ''] = /^`([A-Z]+) (.*?)`/.exec(section) ?? []
    const [, type = 'json', request] = /```(json|csv) request\n(.*?)```/s.exec(section) ?? []
    const [, status = '', answer = ''] = /```json (2\d\d)\n(.*?)```/s.exec(section) ?? []
    const view = aView({ referenceId: 'user_12345' })
    has.views.push(view)
    has.records.push(aRecord((facts) => facts, { id: showId('dsp', view.id) }))
    has.inAppUrl = SAMPLE_URL
    has.holds.push(HOLD)
    for (const id of [view.id, IN_THE_EXAMPLES]) await ports.campaigns.create(aCampaign({ id }))
    const suppression = aSuppression()
    if (path.endsWith('/lift')) has.suppressions.push(suppression)
    const ids: Record<string, string> = {
      '/v1/holds/{id}': showId('hld', HOLD.id),
      '/v1/suppressions/{id}/lift': showId('sup', suppression.id),
    }
    const usual = showId(path.startsWith('/v1/campaigns/') ? 'cmp' : 'dsp', view.id)
    const real = path.replace('{referenceId}', 'user_12345').replace('{id}', ids[path] ?? usual)

    const sent = knock()[method.toLowerCase() as 'get' | 'post' | 'patch' | 'delete'](real)
    const got = await (request ? sent.type(type).send(request) : sent)

    expect(got.status).toBe(Number(status))
    expect(Object.keys(got.body).toSorted()).toEqual(Object.keys(JSON.parse(answer)).toSorted())
  })
})
