import type { RequestHandler } from 'express'

const CONTENT_POLICY = [
  "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'",
  "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
].join('; ')

/** What every page, fragment and answer of the console carries: nothing foreign runs, nothing is kept, nothing leaks. */
export const guarded: RequestHandler = (_req, res, next) => {
  res.set({
    'Content-Security-Policy': CONTENT_POLICY,
    'Cache-Control': 'no-store',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    'Cross-Origin-Opener-Policy': 'same-origin',
  })
  next()
}

/** Only our own pages may press our buttons: the browser must say so, by `Sec-Fetch-Site` or else by `Origin`. */
export const ownPagesOnly: RequestHandler = (req, res, next) => {
  const site = req.get('sec-fetch-site')
  const origin = req.get('origin')
  const own = site === undefined ? hostOf(origin) === req.get('host') : site === 'same-origin'
  if (own) return next()
  res.status(403).type('text').send('This form works on the pages of the console only. Open the console and try again.')
}

const hostOf = (origin: string | undefined) => (origin && URL.canParse(origin) ? new URL(origin).host : null)
