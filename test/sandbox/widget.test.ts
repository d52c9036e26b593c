import { describe, expect, test } from 'vitest'
import { MINUTE, partnerKit } from './partner-kit.ts'

async function kitWithLink(more: object = {}) {
  const kit = await partnerKit()
  const { body } = await kit.create('crm-0001', more)
  await kit.world.idle()
  const page = async (path = '', init: RequestInit = {}) => {
    const response = await fetch(`${body.data.url}${path}`, init)
    return { status: response.status, headers: response.headers, html: await response.text(), url: response.url }
  }
  const post = (path: string, form: Record<string, string> = {}) =>
    page(path, { method: 'POST', body: new URLSearchParams(form) })
  return { ...kit, link: body.data, page, post }
}

describe('the widget page', () => {
  test('greets, masks the account and says that it is a sandbox', async () => {
    const { page } = await kitWithLink()

    const { status, html } = await page()

    expect(status).toBe(200)
    expect(html).toContain('Hello Ana')
    expect(html).toContain('•••• 0007')
    expect(html).not.toContain('646180110400000007')
    expect(html).toContain('Sandbox')
  })

  test('tells of the first GET with the browser that made it, and of no other', async () => {
    const { page, world, receiver } = await kitWithLink()

    await page('', {
      headers: { 'User-Agent': 'Mozilla/5.0 (Linux; Android 16)', 'Accept-Language': 'es-MX,es;q=0.9' },
    })
    await page()
    await world.idle()

    const opened = receiver.of('link.opened').map(({ data }) => data['deviceInfo'])
    expect(opened).toEqual([{ userAgent: 'Mozilla/5.0 (Linux; Android 16)', platform: 'Android', language: 'es-MX' }])
  })

  test('is not opened by HEAD', async () => {
    const { page, world, receiver } = await kitWithLink()

    const { status } = await page('', { method: 'HEAD' })
    await world.idle()

    expect(status).toBe(200)
    expect(world.links()[0]?.status).toBe('created')
    expect(receiver.of('link.opened')).toEqual([])
  })

  test('forbids scripts, frames and caching', async () => {
    const { page } = await kitWithLink()

    const { headers, html } = await page()

    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    )
    expect(headers.get('cache-control')).toBe('no-store')
    expect(html).not.toMatch(/<script|style="|onclick/)
  })

  test('serves its style sheet from the sandbox', async () => {
    const { url } = await partnerKit()

    const response = await fetch(`${url}/widget/style.css`)

    expect(response.headers.get('content-type')).toMatch(/^text\/css/)
    expect(await response.text()).toContain('color-scheme: light dark')
  })

  test('escapes what came with the prefill', async () => {
    const userData = { name: { firstName: '<img src=x>' }, paymentMethod: { type: 'bank_account' } }
    const { page } = await kitWithLink({ userData })

    const { html } = await page()

    expect(html).toContain('Hello &lt;img src=x&gt;')
    expect(html).not.toContain('<img')
  })

  test.each([
    ['the language of the link', { language: 'es' }, 'en', 'lang="es"'],
    ['the browser where the link names none', {}, 'es-MX', 'lang="es"'],
    ['English where neither speaks Spanish', {}, 'fr', 'lang="en"'],
  ])('speaks %s', async (_name, more, accepted, expected) => {
    const { page } = await kitWithLink(more)

    const { html } = await page('', { headers: { 'Accept-Language': accepted } })

    expect(html).toContain(expected)
  })

  test('is reached by the URL of link.created too', async () => {
    const { receiver, world, link } = await kitWithLink()

    const response = await fetch(String(receiver.received[0]?.data['url']))

    expect(response.url).toBe(link.url)
    expect(world.links()[0]?.status).toBe('opened')
  })
})

describe('the buttons', () => {
  test('send makes an operation and shows the receipt', async () => {
    const { page, post, world, receiver } = await kitWithLink()
    await page()

    const { html } = await post('/send', { amount: '150' })
    await world.idle()

    expect(html).toContain('Your money is on its way')
    expect(html).toContain('2587.50 MXN')
    expect(receiver.of('operation.created')[0]?.data).toMatchObject({ referenceId: 'crm-0001', amount: { send: 150 } })
  })

  test('send refuses an amount it cannot send', async () => {
    const { post, world } = await kitWithLink()

    const { status, html } = await post('/send', { amount: '0' })

    expect(status).toBe(422)
    expect(html).toContain('Enter an amount')
    expect(world.operations()).toEqual([])
  })

  test('cancel ends the transfer that was begun', async () => {
    const { post, world, receiver } = await kitWithLink()
    await post('/send', { amount: '150' })

    const { html } = await post('/cancel')
    await world.idle()

    expect(html).toContain('Transfer cancelled')
    expect(world.operations()).toMatchObject([{ status: 'cancelled' }])
    expect(receiver.of('operation.cancelled')).toHaveLength(1)
  })
})

describe('a dead link', () => {
  test('says that it expired', async () => {
    const { page, world } = await kitWithLink()
    await world.advance(60 * MINUTE)

    const { status, html } = await page()

    expect([status, world.links()[0]?.openedAt]).toEqual([410, null])
    expect(html).toContain('This link has expired')
  })

  test('says that it was withdrawn', async () => {
    const { page, call, link } = await kitWithLink()
    await call('POST', `/partner/links/${link.linkId}/revoke`)

    const { status, html } = await page()

    expect(status).toBe(410)
    expect(html).toContain('This link was withdrawn')
  })

  test('sends no money', async () => {
    const { post, world } = await kitWithLink()
    await world.advance(60 * MINUTE)

    const { status } = await post('/send', { amount: '150' })

    expect([status, world.operations()]).toEqual([410, []])
  })

  test('that never was says so', async () => {
    const { url } = await partnerKit()

    const response = await fetch(`${url}/widget/link_sandbox_000000000000/m2m-basic`)

    expect(response.status).toBe(404)
    expect(await response.text()).toContain('This link does not exist')
  })
})
