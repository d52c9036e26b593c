import type { RequestHandler, Response } from 'express'
import { languageIn } from '../domain/reply-words.ts'
import { readUnsubscribe, unsubscribe } from '../flow/unsubscribe.ts'
import { readBody } from './body.ts'
import type { HttpPorts } from './ports.ts'
import { sendProblem } from './problem.ts'

const ROUTE = '/u/{token}'
const BODY_LIMIT = 16 * 1_024

/** Shows a page with a button and changes nothing: whoever follows links in mail, person or scanner, may come by. */
export const showUnsubscribe =
  (ports: HttpPorts): RequestHandler =>
  async (req, res) => {
    res.locals['route'] = ROUTE
    const found = await readUnsubscribe(ports, String(req.params['token']))
    const words = WORDS[languageIn(found?.locale ?? ports.defaults.locale)]
    if (!found) sendPage(res, 404, words.unknown, '')
    else sendPage(res, 200, words.ask, `<form method="post"><button>${words.button}</button></form>`)
  }

/** One click (RFC 8058): acts without a cookie, whoever posts it and whatever stands in the body. */
export const actUnsubscribe =
  (ports: HttpPorts): RequestHandler =>
  async (req, res) => {
    res.locals['route'] = ROUTE
    const raw = await readBody(req, BODY_LIMIT)
    if ('code' in raw) return sendProblem(res, raw)
    const done = await unsubscribe(ports, String(req.params['token']))
    const words = WORDS[languageIn(done?.locale ?? ports.defaults.locale)]
    sendPage(res, done ? 200 : 404, done ? words.done : words.unknown, '')
  }

interface PageWords {
  ask: string
  button: string
  done: string
  unknown: string
}
const WORDS: Record<ReturnType<typeof languageIn>, PageWords> = {
  en: {
    ask: 'Do you want to get no more offers from us by email?',
    button: 'Unsubscribe',
    done: 'Done. You will get no more offers from us by email.',
    unknown: 'This link is not valid. Use the one in the mail, as it stands.',
  },
  es: {
    ask: '¿Desea dejar de recibir nuestras ofertas por correo?',
    button: 'Darme de baja',
    done: 'Listo. Ya no recibirá nuestras ofertas por correo.',
    unknown: 'Este enlace no es válido. Use el del correo, tal como está.',
  },
  pt: {
    ask: 'Deseja deixar de receber nossas ofertas por e-mail?',
    button: 'Descadastrar',
    done: 'Pronto. Você não receberá mais nossas ofertas por e-mail.',
    unknown: 'Este link não é válido. Use o que está no e-mail.',
  },
}

/** Nothing is loaded, nothing runs, and the form goes nowhere but here. */
const POLICY = [
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

function sendPage(res: Response, status: number, sentence: string, form: string): void {
  res.status(status).set({ 'Content-Security-Policy': POLICY, 'Cache-Control': 'no-store', 'X-Robots-Tag': 'noindex' })
  res.type('html').send(`<!doctype html>
<html>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${sentence}</title>
<style>:root { color-scheme: light dark; font: 1.125rem/1.5 system-ui, sans-serif }
body { max-width: 30rem; margin: 20vh auto 0; padding: 0 1.25rem; text-align: center }
button { font: inherit; padding: .6rem 1.4rem; border-radius: .5rem; border: 1px solid; cursor: pointer }</style>
<p>${sentence}</p>
${form}
</html>
`)
}
