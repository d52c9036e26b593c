import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { InboxMessage } from '../../src/sandbox/mailbox.ts'
import { openProviders, type Providers } from './provider-house.ts'

const LINK = 'https://sandbox.example.com/link_sandbox_abc123/m2m-basic'

let providers: Providers
let skipped: number
beforeEach(async () => {
  skipped = 0
  providers = await openProviders({
    skip: async () => {
      skipped += 1
      return 86_400_000
    },
    nameOf: (linkId) => (linkId === 'link_sandbox_known1' ? 'Michael Johnson' : undefined),
    example: 'curl http://127.0.0.1:3000/v1/dispatches -d \'{"a":1}\'',
  })
})
afterEach(() => providers.close())

describe('the inbox page', () => {
  it('tells what to do while it is empty', async () => {
    const page = await get('/')

    expect(page).toContain('Nothing here yet')
    expect(page).toContain('curl http://127.0.0.1:3000/v1/dispatches -d &#39;{&quot;a&quot;:1}&#39;')
  })

  it('allows no inline script or style, and holds none', async () => {
    add({ text: 'Your link' })

    const answer = await fetch(`${providers.base}/`)
    const page = await answer.text()

    expect(answer.headers.get('content-security-policy')).toMatch(/default-src 'none'.*script-src 'self'/)
    expect(answer.headers.get('content-security-policy')).not.toContain('unsafe-inline')
    expect(page).not.toMatch(/<style|\sstyle=|\son[a-z]+=|<script>/)
  })

  it.each(['/assets/inbox.css', '/assets/inbox-phones.css', '/assets/inbox.js', '/assets/inbox.svg'])(
    'serves %s',
    async (path) => {
      expect((await fetch(`${providers.base}${path}`)).status).toBe(200)
    },
  )

  it('escapes what a message says and makes its links clickable', async () => {
    add({ text: `<script>alert(1)</script> ${LINK}.` })

    const page = await get('/')

    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
    expect(page).toContain(`<a href="${LINK}" target="_blank" rel="noopener">${LINK}</a>.`)
  })

  it('does not follow a notification to anything but the web', async () => {
    add({ channel: 'push', provider: 'fcm', to: 'device', title: 'Hi', body: 'there', url: 'javascript:alert(1)' })

    expect(await get('/')).not.toContain('javascript:')
  })

  it('lets every text find its own direction', async () => {
    add({ text: 'مرحبا' })

    expect(await get('/')).toContain('<p dir="auto">مرحبا</p>')
  })

  it('puts addresses that were sent the same link together as one person', async () => {
    add({ text: LINK })
    add({ to: '+15125550199', text: 'https://sandbox.example.com/link_sandbox_other9/m2m-basic' })
    add({
      channel: 'email',
      provider: 'smtp',
      to: 'ana@example.com',
      name: 'Ana Peña',
      subject: 'Your link',
      text: LINK,
    })

    const page = await get('/')

    expect(page.match(/class="person"/g)).toHaveLength(2)
    expect(page).toContain('<h2 dir="auto">Ana Peña</h2>')
    expect(page).toContain('+15125550123')
  })

  it('calls a person as the partner does, where no message says the name', async () => {
    add({ text: 'https://sandbox.example.com/link_sandbox_known1/m2m-basic' })

    expect(await get('/')).toContain('<h2 dir="auto">Michael Johnson</h2>')
  })

  it('stays with a person who turns out to be somebody known', async () => {
    add({ channel: 'push', provider: 'fcm', to: 'device', title: 'Hi', url: LINK })
    const text = add({ text: 'one' })
    add({ text: LINK })
    add({ to: '+15125550199', text: 'two' })

    expect(await get(`/?person=${text.id}`)).toContain('<h2 dir="auto">+15125550123</h2>')
  })

  it('follows the newest message unless a person was chosen', async () => {
    const first = add({ text: 'one' })
    add({ to: '+15125550199', text: 'two' })

    expect(await get('/')).toContain('<h2 dir="auto">+15125550199</h2>')
    expect(await get(`/?person=${first.id}`)).toContain('<h2 dir="auto">+15125550123</h2>')
  })

  it('shows a mail in a frame that runs nothing', async () => {
    const mail = add({
      channel: 'email',
      provider: 'smtp',
      to: 'ana@example.com',
      subject: 'Hi',
      html: '<html><head></head><p>Hi</p></html>',
    })

    const answer = await fetch(`${providers.base}/inbox/messages/${mail.id}/html`)

    expect(await get('/')).toContain(`src="/inbox/messages/${mail.id}/html" sandbox="allow-same-origin allow-popups`)
    expect(answer.headers.get('content-security-policy')).toMatch(/default-src 'none'; style-src 'unsafe-inline'/)
    expect(await answer.text()).toContain('<head><base target="_blank">')
  })
})

describe('the buttons of the inbox', () => {
  it('skip to the next step and go back to the page', async () => {
    const answer = await press('/inbox/skip', {})

    expect(skipped).toBe(1)
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/'])
  })

  it('say how far the clock moved when a script asks', async () => {
    const answer = await press('/inbox/skip', {}, { accept: 'application/json' })

    expect(await answer.json()).toEqual({ message: 'Moved ahead 1 day.' })
  })

  it('reply for the person', async () => {
    await press('/inbox/reply', { to: '+15125550123', body: 'STOP' })

    expect(providers.mailbox.all()[0]).toMatchObject({ direction: 'inbound', to: '+15125550123', text: 'STOP' })
  })

  it('work from no other site', async () => {
    const answer = await press('/inbox/skip', {}, { 'sec-fetch-site': 'cross-site' })

    expect([answer.status, skipped]).toEqual([403, 0])
  })
})

describe('the stream of the inbox', () => {
  it('speaks up as soon as a message arrives', async () => {
    const stream = await fetch(`${providers.base}/inbox/stream`)
    const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader()
    await reader?.read()

    add({ text: 'new' })

    expect(await reader?.read()).toMatchObject({ value: 'event: change\ndata: inbox\n\n' })
    await reader?.cancel()
  })
})

describe('the mailbox', () => {
  it('keeps a promise for the next message and for one that fits', async () => {
    const next = providers.mailbox.next()
    const fitting = providers.mailbox.waitFor(({ text }) => text === 'two')

    add({ text: 'one' })
    add({ text: 'two' })

    expect([(await next).text, (await fitting).text]).toEqual(['one', 'two'])
    expect((await providers.mailbox.waitFor(({ text }) => text === 'one')).text).toBe('one')
  })

  it('forgets the oldest beyond a thousand', () => {
    for (let i = 0; i <= 1000; i++) add({ text: `${i}` })

    expect(providers.mailbox.all()).toHaveLength(1000)
    expect(providers.mailbox.all()[0]?.text).toBe('1')
  })

  it('stops telling who no longer listens', () => {
    const heard: string[] = []
    const stop = providers.mailbox.onAdd(({ text = '' }) => heard.push(text))

    add({ text: 'one' })
    stop()
    add({ text: 'two' })

    expect(heard).toEqual(['one'])
  })
})

const add = (change: Partial<InboxMessage>) =>
  providers.mailbox.add({ channel: 'sms', provider: 'twilio', direction: 'outbound', to: '+15125550123', ...change })

const get = async (path: string) => (await fetch(providers.base + path)).text()

const press = (path: string, form: Record<string, string>, headers: Record<string, string> = { accept: 'text/html' }) =>
  fetch(providers.base + path, { method: 'POST', body: new URLSearchParams(form), headers, redirect: 'manual' })
