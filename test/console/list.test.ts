import { describe, expect, it } from 'vitest'
import { DISPATCH_STATES } from '../../src/domain/dispatch.ts'
import { newUuid, showId } from '../../src/lib/id.ts'
import { aView, openHouse, PATH, textOf } from './kit.ts'
import { ID } from './moment.ts'

const HOSTILE = "\"><script>alert('x')</script>"

describe('the list', () => {
  it('says who, how it stands and what happened', async () => {
    const page = await openHouse({ views: [aView()] }).get('/')

    expect(textOf(page.text)).toContain(
      'user_12345 +1•••••0123 m•••@example.com 1 device Sent Sent by SMS on 22 Nov at 08:59; not opened yet; no reminder left. SMS Email 63 s ago',
    )
    expect(page.text).toContain(`href="${PATH}"`)
  })

  it('holds no address', async () => {
    const page = await openHouse({ views: [aView()] }).get('/')

    expect(page.text).not.toMatch(/5125550123|michael@|a-device-token/)
  })

  it('escapes what comes from outside', async () => {
    const view = aView({ referenceId: HOSTILE })
    const page = await openHouse({ views: [view] }).get('/')

    expect(page.text).not.toContain('<script>')
    expect(page.text).toContain('&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;')
  })

  it.each(DISPATCH_STATES)('can show only what is %s', async (status) => {
    const { get, asked } = openHouse()

    const page = await get(`/?status=${status}`)

    expect(asked.filters[0]).toMatchObject({ status, before: null })
    expect(page.text).toMatch(new RegExp(`href="/\\?status=${status}" aria-current`))
  })

  it.each(['/?status=nonsense', '/?status=opened&status=sent', '/?before=nonsense'])(
    'does not mind %s',
    async (path) => {
      const { get, asked } = openHouse()

      const page = await get(path)

      expect(page.status).toBe(200)
      expect(asked.filters[0]).toMatchObject({ status: null, before: null })
    },
  )

  it('goes on to the older ones, by the last that was shown', async () => {
    const views = Array.from({ length: 26 }, () => aView({ id: newUuid() }))
    const { get, asked } = openHouse({ views })
    const last = showId('dsp', views[24]!.id)

    const page = await get('/?status=sent')
    await get(`/?status=sent&before=${last}`)

    expect(page.text.match(/<tr role="row" data-key/g)).toHaveLength(25)
    expect(page.text).toContain(`href="/?status=sent&amp;before=${last}"`)
    expect(asked.filters[1]).toMatchObject({ status: 'sent', before: views[24]!.id })
  })

  it('teaches the first step while it is empty', async () => {
    const page = await openHouse().get('/')

    expect(page.text).toContain('curl -sS http://127.0.0.1:3000/v1/dispatches')
    expect(page.text).toContain('href="/new"')
    expect(page.text).toContain('href="http://127.0.0.1:3001"')
  })

  it('shows a command that works as it stands: with the key in the sandbox, elsewhere after a line that sets it', async () => {
    const sandbox = await openHouse().get('/')
    const live = await openHouse({ ports: { exampleKey: null } }).get('/')

    expect(textOf(sandbox.text)).toContain('Authorization: Bearer key-of-the-sandbox')
    expect(textOf(live.text)).toContain('after export API_KEY=…')
    expect(textOf(live.text)).toContain('Authorization: Bearer $API_KEY')
  })

  it('does not teach where a filter merely found nothing', async () => {
    const page = await openHouse().get('/?status=failed')

    expect(page.text).not.toContain('curl')
    expect(textOf(page.text)).toContain('No dispatch is failed right now.')
  })

  it('is there without its frame for the script', async () => {
    const page = await openHouse({ views: [aView()] }).get('/?status=sent&fragment=1')

    expect(page.text).toMatch(/^<div id="live" data-now="2026-11-22T15:00:00.000Z">/)
    expect(page.text).toContain('user_12345')
    expect(page.text).not.toContain('<html')
  })
})

describe('the search', () => {
  it.each([
    ['a phone number', '+1 512 555 0123', 'phone:+15125550123'],
    ['a phone number without its plus', '1 (512) 555-0123', 'phone:+15125550123'],
    ['an email address', 'Michael@EXAMPLE.com', 'email:Michael@example.com'],
  ])('finds by %s, which never stands in an address', async (_, term, hash) => {
    const { post, asked } = openHouse({ views: [aView()] })

    const page = await post('/search', { term })

    expect(asked.hashes).toEqual([hash])
    expect(page.text).toContain('user_12345')
    expect([...page.text.matchAll(/(?:href|src|action|data-follow)="([^"]*)"/g)].join()).not.toMatch(/512|michael/i)
  })

  it('finds by reference', async () => {
    const { post, asked } = openHouse({ views: [aView()] })

    await post('/search', { term: ' user_12345 ' })

    expect(asked.filters[0]).toMatchObject({ referenceId: 'user_12345' })
  })

  it('goes straight to a dispatch by its id', async () => {
    const answer = await openHouse().post('/search', { term: showId('dsp', ID) })

    expect(answer.headers['location']).toBe(PATH)
  })

  it.each([
    ['+12', 'This is no phone number with its country code.'],
    ['512 555 0123', 'This is no phone number with its country code.'],
    ['a@b@c', 'This is no email address.'],
  ])('says what is wrong with %s', async (term, words) => {
    const { post, asked } = openHouse({ views: [aView()] })

    const page = await post('/search', { term })

    expect(textOf(page.text)).toContain(words)
    expect(asked.hashes).toEqual([])
  })

  it('says so when there is nobody', async () => {
    const page = await openHouse().post('/search', { term: 'user_0' })

    expect(textOf(page.text)).toContain('Nobody of that reference or address was written to.')
  })

  it('escapes what was searched for', async () => {
    const page = await openHouse().post('/search', { term: HOSTILE })

    expect(page.text).not.toContain('<script>')
  })

  it('takes control characters for nothing', async () => {
    const { post, asked } = openHouse()

    await post('/search', { term: 'user\u0000_1' })

    expect(asked.filters[0]).toMatchObject({ referenceId: 'user_1' })
  })

  it('can be repeated by the script, without its frame', async () => {
    const page = await openHouse({ views: [aView()] }).post('/search?fragment=1', { term: 'user_12345' })

    expect(page.text).toMatch(/^<div id="live"/)
  })
})
