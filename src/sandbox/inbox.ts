import { fileURLToPath } from 'node:url'
import express, { type NextFunction, type Request, type Response, Router } from 'express'
import { inboxPage } from './inbox-page.ts'
import type { Mailbox } from './mailbox.ts'

const ASSETS = fileURLToPath(new URL('./assets', import.meta.url))

const PAGE_POLICY = [
  "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; frame-src 'self'",
  "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
].join('; ')
/** A mail brings its own styles, and nothing that runs, loads or submits. */
const MAIL_POLICY = [
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:",
  "form-action 'none'; base-uri 'none'; frame-ancestors 'self'",
].join('; ')

export interface InboxOptions {
  mailbox: Mailbox
  now: () => Date
  skip: () => Promise<number>
  reply: (to: string, body: string) => Promise<void>
  nameOf?: ((linkId: string) => string | undefined) | undefined
  example?: string | undefined
}

/** The page at `/`: each message as its person sees it, live. */
export function makeInbox({ mailbox, now, skip, reply, nameOf, example }: InboxOptions): {
  router: Router
  close(): void
} {
  const streams = new Set<Response>()
  const router = Router()
  const stop = mailbox.onChange(() => {
    for (const stream of streams) stream.write('event: change\ndata: inbox\n\n')
  })

  router.use('/assets', express.static(ASSETS, { index: false, maxAge: 0 }))
  router.get('/', (req, res) => {
    const chosen = typeof req.query['person'] === 'string' ? req.query['person'] : undefined
    res
      .set('Content-Security-Policy', PAGE_POLICY)
      .set('Referrer-Policy', 'no-referrer')
      .set('Cache-Control', 'no-store')
    res.type('html').send(inboxPage({ messages: mailbox.all(), chosen, now: now(), nameOf, example }))
  })
  router.get('/inbox/messages', (_req, res) => {
    res.json({ items: mailbox.all() })
  })
  router.get('/inbox/messages/:id/html', (req, res) => {
    const mail = mailbox.get(req.params.id)
    if (!mail?.html) return res.status(404).type('text').send('This message has left the inbox.')
    res.set('Content-Security-Policy', MAIL_POLICY).set('Referrer-Policy', 'no-referrer')
    return res.type('html').send(opensOutside(mail.html))
  })
  router.get('/inbox/stream', (req, res) => {
    res.set({ 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' })
    res.write('retry: 1000\n\n')
    streams.add(res)
    req.on('close', () => streams.delete(res))
  })
  router.post('/inbox/skip', ownPageOnly, async (req, res) => {
    const movedMs = await skip()
    done(req, res, movedMs > 0 ? `Moved ahead ${inWords(movedMs)}.` : 'Nothing is planned. Send a message first.')
  })
  router.post('/inbox/reply', ownPageOnly, express.urlencoded({ extended: false }), async (req, res) => {
    const { to, body } = req.body ?? {}
    if (!to || !body) return res.status(400).type('text').send('A reply needs to and body.')
    await reply(to, body)
    done(req, res, `Replied ${body}.`)
  })

  return {
    router,
    close() {
      stop()
      for (const stream of streams) stream.end()
    },
  }
}

/** No other site may press our buttons; a client that is no browser sends no such header. */
function ownPageOnly(req: Request, res: Response, next: NextFunction) {
  const site = req.get('sec-fetch-site')
  if (site === undefined || site === 'same-origin' || site === 'none') return next()
  res.status(403).type('text').send('This button works on the inbox page only.')
}

function done(req: Request, res: Response, message: string) {
  if (req.accepts(['html', 'json']) === 'json') res.json({ message })
  else res.redirect(303, '/')
}

/** Links of a mail open a new tab, as in a mail reader. */
const opensOutside = (mail: string): string => {
  const base = '<base target="_blank">'
  return /<head[^>]*>/i.test(mail) ? mail.replace(/<head[^>]*>/i, (head) => head + base) : base + mail
}

function inWords(ms: number): string {
  const seconds = Math.round(ms / 1000)
  const parts = [
    [Math.floor(seconds / 86_400), 'day'],
    [Math.floor((seconds % 86_400) / 3600), 'hour'],
    [Math.floor((seconds % 3600) / 60), 'minute'],
    [seconds % 60, 'second'],
  ] as const
  const spoken = parts.filter(([count]) => count > 0).slice(0, 2)
  return spoken.map(([count, unit]) => `${count} ${unit}${count === 1 ? '' : 's'}`).join(' ') || 'less than a second'
}
