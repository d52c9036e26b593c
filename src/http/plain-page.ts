import type { Response } from 'express'
import { html } from '../lib/markup.ts'

export interface PlainPage {
  status: number
  /** Of its words. */
  language: string
  sentence: string
  /** What its one button says; the page posts to itself. */
  button?: string
}

/** Nothing is loaded, nothing runs, and the form goes nowhere but here. */
const POLICY = [
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** A sentence, and at most one button, for a person who followed a link of ours. */
export function sendPlainPage(res: Response, { status, language, sentence, button }: PlainPage): void {
  res.status(status).set({ 'Content-Security-Policy': POLICY, 'Cache-Control': 'no-store', 'X-Robots-Tag': 'noindex' })
  const page = html`<!doctype html>
<html lang="${language}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${sentence}</title>
<style>:root { color-scheme: light dark; font: 1.125rem/1.5 system-ui, sans-serif }
body { max-width: 30rem; margin: 20vh auto 0; padding: 0 1.25rem; text-align: center; text-wrap: balance }
button { font: inherit; padding: .6rem 1.4rem; border-radius: .5rem; border: 1px solid; cursor: pointer }</style>
<p>${sentence}</p>
${button && html`<form method="post"><button>${button}</button></form>`}
</html>
`
  res.type('html').send(page.markup)
}
