import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { loadTemplates } from '../../src/render/renderer.ts'
import { aFolder, anOrder, aPurpose, aRenderer, named, said, WIDGET } from './template-folder.ts'

describe('escaping, each medium in its own way', () => {
  const words = 'O\'Brien & <b>Sons</b> "Ltd"'
  const variables = { shop: words }
  const renderer = aRenderer({
    'offer/en/sms.hbs': '{{variables.shop}} {{link}}',
    'offer/en/email.subject.hbs': '{{variables.shop}}',
    'offer/en/email.text.hbs': '{{variables.shop}} {{link}}',
    'offer/en/email.html.hbs': '<p title="{{variables.shop}}">{{variables.shop}}</p><a href="{{link}}">Open</a>',
    'offer/en/push.json': '{ "title": "{{variables.shop}}", "body": "{{variables.shop}}" }',
  })
  const url = `${WIDGET}/abc/send?a=1&b=2`
  const safe = 'O&#x27;Brien &amp; &lt;b&gt;Sons&lt;/b&gt; &quot;Ltd&quot;'

  it('leaves an SMS as it is', () => {
    expect(said(renderer.render(anOrder({ variables })))).toBe(`${words} ${url}`)
  })

  it('leaves subject and text of a mail as they are', () => {
    const mail = renderer.render(anOrder({ variables, channel: 'email' }))

    expect([said(mail, 'subject'), said(mail, 'text')]).toEqual([words, `${words} ${url}`])
  })

  it('escapes the HTML of a mail, in text and in attributes', () => {
    const mail = renderer.render(anOrder({ variables, channel: 'email' }))

    expect(said(mail, 'html')).toBe(
      `<p title="${safe}">${safe}</p><a href="${WIDGET}/abc/send?a&#x3D;1&amp;b&#x3D;2">Open</a>`,
    )
  })

  it('leaves a notification as it is', () => {
    const push = renderer.render(anOrder({ variables, channel: 'push' }))

    expect([said(push, 'title'), said(push, 'body')]).toEqual([words, words])
  })
})

describe('names from outside', () => {
  const renderer = aRenderer()
  const sms = (first: string) => said(renderer.render(anOrder({ name: named(first) })))
  const subject = (first: string) => said(renderer.render(anOrder({ name: named(first), channel: 'email' })), 'subject')

  it.each([
    ['apostrophes', "O'Brien"],
    ['tags, which an SMS does not read', '<b>Bob</b>'],
    ['ampersands', 'Tom & Ann'],
    ['an emoji family held together by joiners', 'Zoë 👩‍👩‍👧'],
    ['other scripts', '美玲'],
    ['braces, which are never run', '{{link}} Bob'],
  ])('keeps %s', (_, name) => {
    expect(subject(name)).toBe(`For ${name}`)
  })

  it('never lets a name end a line', () => {
    expect(subject('Ana\r\nBcc: eve\u0085x\u2028y\u0000z')).toBe('For Ana Bcc: eve x y z')
  })

  it('strips direction tricks, zero width and tag letters', () => {
    expect(subject('A\u202en\u2066a\u200b\ufeff\u200d Di\u00adaz\u{e0041}')).toBe('For Ana Diaz')
  })

  it.each([
    ['an address', 'Win at https://evil.example/now'],
    ['a bare domain', 'evil.com'],
    ['a domain with other dots', 'evil。com'],
    ['a markdown link', '[Ana](http://evil.example)'],
    ['a mail address', 'ana@evil.example'],
    ['an IP address', '10.1.2.3'],
    ['a phone number', 'Call +1 (512) 555-0123'],
    ['no letter at all', '😀😀😀'],
    ['a thousand emoji', '😀'.repeat(1000)],
    ['far too many letters', 'a'.repeat(256)],
    ['nothing that can be seen', '\u200b\u3164'],
  ])('greets without a name that holds %s', (_, name) => {
    expect(sms(name)).toBe(`Hi there: ${WIDGET}/abc/send?a=1&b=2`)
  })

  it('greets by the full name where no first name is known', () => {
    const order = anOrder({ name: { first: '', last: '', full: 'Ana Diaz' } })

    expect(said(renderer.render(order))).toMatch(/^Hi Ana Diaz:/)
  })
})

describe('variables', () => {
  const render = (sms: string, variables: Record<string, unknown>) =>
    aRenderer({ 'offer/en/sms.hbs': `${sms} {{link}}` }).render(anOrder({ variables }))

  it('names every variable that is missing, and sends no gap', () => {
    const answer = render('{{variables.shop}} {{money variables.cart.total "USD"}} {{variables.note}}', {
      note: ' \u200b',
    })

    expect(answer).toMatchObject({
      ok: false,
      code: 'variable_missing',
      missing: ['variables.shop', 'variables.cart.total', 'variables.note'],
    })
  })

  it('asks only for what will be shown', () => {
    const words = '{{#if variables.vip}}Dear {{variables.title}}{{else}}Hi{{/if}}'

    expect(said(render(words, {}))).toMatch(/^Hi /)
    expect(render(words, { vip: true })).toMatchObject({ missing: ['variables.title'] })
  })

  it('takes nothing for words that is not text, number or boolean', () => {
    expect(render('{{variables.a}} {{variables.b}}', { a: {}, b: ['x'] })).toMatchObject({
      missing: ['variables.a', 'variables.b'],
    })
  })

  it('reads own properties only', () => {
    const variables = Object.create({ shop: 'inherited' })

    expect(render('{{variables.shop}}', variables)).toMatchObject({ missing: ['variables.shop'] })
  })

  it.each([
    ['{{date variables.due}}', { due: 'soon' }, 'variables.due cannot be read as a date'],
    ['{{money variables.sum "USD"}}', { sum: 'a lot' }, 'variables.sum cannot be read as a number'],
    ['{{money 1 variables.unit}}', { unit: 'dollars' }, 'variables.unit cannot be read as a currency'],
    ['{{link variables.terms}}', { terms: 'https://evil.example/x' }, 'variables.terms cannot be read as a link'],
  ])('says which value %s cannot use', (sms, variables, detail) => {
    expect(render(sms, variables)).toMatchObject({ ok: false, code: 'render_failed', detail })
  })

  it('breaks foreign addresses and keeps those that a link may have', () => {
    const variables = { a: 'see https://evil.example/x or evil.com', b: `${WIDGET}/terms`, c: 'version 1.5, 20260101' }

    expect(said(render('{{variables.a}} {{link variables.b}} {{variables.c}}', variables))).toMatch(
      /^see evil\. example\/x or evil\. com https:\/\/widget\.example\.com\/terms version 1\.5, 20260101 /,
    )
  })
})

describe('the link', () => {
  const renderer = aRenderer()
  const withUrl = (url: string) =>
    renderer.render(anOrder({ link: { url, expiresAt: new Date('2026-11-24T00:00:00Z') } }))

  it.each([
    'https://evil.example/abc',
    'http://widget.example.com/abc',
    'javascript:alert(1)',
    'https://',
    'https://[::1',
    'https://widget.example.com@evil.example/',
    'https://eve@widget.example.com/',
    `${WIDGET}/a b`,
    `${WIDGET}/"onclick="x`,
    `${WIDGET}/\u202egnp`,
    '',
  ])('refuses %j and does not repeat it', (url) => {
    const answer = withUrl(url)

    expect(answer).toEqual({
      ok: false,
      code: 'render_failed',
      detail: 'the address of the link is not allowed',
      missing: [],
    })
  })

  it('lets the list of hosts decide about http on loopback, and about nothing else that is plain', () => {
    const renderer = loadTemplates({ dir: aFolder(aPurpose()), defaultLocale: 'en', linkHostAllowed: () => true })
    const answers = ['http://127.0.0.1:3001/abc', 'http://localhost.evil.example/', 'http://10.0.0.1/'].map(
      (url) => renderer.render(anOrder({ link: { url, expiresAt: new Date(0) } })).ok,
    )

    expect(withUrl('http://127.0.0.1:3001/abc').ok).toBe(true)
    expect(withUrl('http://localhost:3001/abc').ok).toBe(false)
    expect(answers).toEqual([true, false, false])
  })

  it('is checked even where the words do not show it', () => {
    const order = anOrder({ channel: 'push', link: { url: 'https://evil.example', expiresAt: new Date(0) } })

    expect(renderer.render(order)).toMatchObject({ ok: false, code: 'render_failed' })
  })
})

describe('locales', () => {
  const renderer = aRenderer({
    'offer/es/sms.hbs': 'Hola, {{link}}',
    'offer/es-MX/push.json': '{ "title": "Qué onda", "body": "Toca" }',
    'offer/ar/sms.hbs': 'مرحبًا {{link}}',
  })
  const found = (channel: 'sms' | 'push', locale: string) => {
    const rendering = renderer.render(anOrder({ channel, locale }))
    return rendering.ok ? [rendering.locale, rendering.direction] : rendering
  }

  it.each([
    ['push', 'es-MX', ['es-MX', 'ltr']],
    ['sms', 'es-MX', ['es', 'ltr']],
    ['push', 'es-AR', ['en', 'ltr']],
    ['sms', 'es_mx', ['es', 'ltr']],
    ['sms', 'fr', ['en', 'ltr']],
    ['sms', 'no locale', ['en', 'ltr']],
    ['sms', 'ar-EG', ['ar', 'rtl']],
  ] as const)('finds the words for %s in %s file by file', (channel, locale, expected) => {
    expect(found(channel, locale)).toEqual(expected)
  })

  it('writes dates and numbers for the region asked for', () => {
    const own = aRenderer({ 'offer/es/sms.hbs': '{{time link.expiresAt}} {{link}}' })

    expect(said(own.render(anOrder({ locale: 'es-US' })))).toMatch(/^3:29 p\.m\. CST /)
  })

  it('does not write Spanish dates into English words', () => {
    const own = aRenderer({ 'offer/en/sms.hbs': '{{date link.expiresAt}} {{link}}' })

    expect(said(own.render(anOrder({ locale: 'es-MX' })))).toMatch(/^Monday, November 23 /)
  })
})

describe('answers to what cannot be rendered', () => {
  it('knows no such template', () => {
    expect(aRenderer().render(anOrder({ template: 'other' }))).toMatchObject({ ok: false, code: 'template_unknown' })
  })

  it('has no words for a channel that the template does not serve', () => {
    const { 'offer/en/push.json': _, ...files } = { 'offer/en/push.json': '' }
    const renderer = aRenderer({ ...files, 'note/en/sms.hbs': '{{link}}' })

    expect(renderer.render(anOrder({ template: 'note', channel: 'push' }))).toMatchObject({ code: 'template_unknown' })
  })

  it('does not know the time zone', () => {
    expect(aRenderer().render(anOrder({ timeZone: 'Mars/Base' }))).toMatchObject({ code: 'render_failed' })
  })
})

describe('whatever comes', () => {
  const pieces = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      'http://',
      'evil.com',
      '.',
      '@',
      ' ',
      '\r\n',
      '\u202e',
      '\u200d',
      '👩',
      'á',
      '{{',
      '1',
      'Ana',
      '。co',
    ),
  )
  const texts = fc.array(pieces, { maxLength: 8 }).map((all) => all.join(''))

  it('a name never brings a second address, a line end or a hidden sign', () => {
    const renderer = aRenderer({ 'offer/en/sms.hbs': '{{name "there"}}\n{{link}}' })
    const link = `\n${WIDGET}/abc/send?a=1&b=2`

    fc.assert(
      fc.property(texts, (first) => {
        const text = String(said(renderer.render(anOrder({ name: named(first) }))))
        const name = text.slice(0, -link.length)
        return (
          text.endsWith(link) &&
          name !== '' &&
          name.isWellFormed() &&
          !/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069\u200b\ufeff]|:\/\/|@|[\p{L}\p{N}][.。]\p{L}{2}/u.test(name)
        )
      }),
      { numRuns: 3000 },
    )
  })

  it('a variable never brings an address either, and never breaks out of HTML', () => {
    const renderer = aRenderer({ 'offer/en/email.html.hbs': '<p title="{{variables.x}}">{{variables.x}}</p>{{link}}' })

    fc.assert(
      fc.property(fc.oneof(texts, fc.jsonValue()), (x) => {
        const mail = renderer.render(anOrder({ channel: 'email', variables: { x } }))
        if (!mail.ok) return mail.code === 'variable_missing'
        const [, title = '', body = ''] = /^<p title="([^"]*)">([^<]*)<\/p>/.exec(String(said(mail, 'html'))) ?? []
        return title === body && title !== '' && !/:\/\/|[\p{L}\p{N}][.。]\p{L}{2}/u.test(title)
      }),
      { numRuns: 3000 },
    )
  })
})
