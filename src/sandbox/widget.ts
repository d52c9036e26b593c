import { fileURLToPath } from 'node:url'
import express, { type Request, type Response, Router } from 'express'
import { z } from 'zod'
import type { LinkRecord, PartnerState } from './partner-state.ts'
import type { PartnerUser } from './partner-user.ts'
import { deadPage, formPage, livePage } from './widget-page.ts'
import type { WidgetLanguage } from './widget-words.ts'

const STYLE = fileURLToPath(new URL('./assets/widget.css', import.meta.url))
const HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'Cache-Control': 'no-store',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Robots-Tag': 'noindex',
}
const amountSchema = z.object({ amount: z.coerce.number().min(1).max(3_000) })

/** The partner's hosted page: the first GET of a living link opens it; HEAD changes nothing. */
export function makeWidget({ state, user }: { state: PartnerState; user: PartnerUser }): Router {
  const router = Router()
  const form = express.urlencoded({ extended: false, limit: '4kb' })

  const show = (req: Request, res: Response, page: (link: LinkRecord, language: WidgetLanguage) => string) => {
    const link = state.find(String(req.params['linkId']))
    const language = link?.language ?? preferredLanguage(req)
    const opening = link ? user.openingOf(link) : undefined
    res.set(HEADERS).type('html')
    if (!link || !opening) return res.status(404).send(deadPage('unknown', language))
    if (opening === 'expired' || opening === 'revoked') return res.status(410).send(deadPage(opening, language))
    if (req.method !== 'HEAD')
      user.open(link, { userAgent: req.get('user-agent'), language: req.get('accept-language') })
    return res.send(page(link, language))
  }

  router.get('/widget/style.css', (_req, res) => res.sendFile(STYLE))

  router.get('/send/:linkId', (req, res) => {
    const flow = state.find(req.params.linkId)?.flow ?? 'm2m-basic'
    res.redirect(302, `/widget/${encodeURIComponent(req.params.linkId)}/${encodeURIComponent(flow)}`)
  })

  router.get('/widget/:linkId/:flow', (req, res) =>
    show(req, res, (link, language) =>
      livePage(link, state.operations.get(link.operationId ?? ''), { language, wrong: false }),
    ),
  )
  router.get('/widget/:linkId/:flow/again', (req, res) =>
    show(req, res, (link, language) => formPage(link, { language, wrong: false })),
  )

  router.post('/widget/:linkId/:flow/send', form, (req, res) => {
    const body = amountSchema.safeParse(req.body)
    if (!body.success) {
      res.status(422)
      return show(req, res, (link, language) => formPage(link, { language, wrong: true }))
    }
    const link = state.find(req.params.linkId)
    if (link) user.complete(link, body.data.amount)
    return res.redirect(303, pageOf(req.params))
  })

  router.post('/widget/:linkId/:flow/cancel', form, (req, res) => {
    const link = state.find(req.params.linkId)
    if (link) user.cancel(link, 'user_cancelled')
    return res.redirect(303, pageOf(req.params))
  })

  return router
}

const preferredLanguage = (req: Request) => (req.acceptsLanguages('en', 'es') === 'es' ? 'es' : 'en')

const pageOf = ({ linkId, flow }: { linkId: string; flow: string }) =>
  `/widget/${encodeURIComponent(linkId)}/${encodeURIComponent(flow)}`
