import type { RequestHandler, Response } from 'express'
import { languageIn } from '../domain/reply-words.ts'
import { readUnsubscribe, unsubscribe } from '../flow/unsubscribe.ts'
import { readBody } from './body.ts'
import { sendPlainPage } from './plain-page.ts'
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
    sendWords(res, found ? 'ask' : 'unknown', languageIn(found?.locale ?? ports.defaults.locale))
  }

/** One click (RFC 8058): acts without a cookie, whoever posts it and whatever stands in the body. */
export const actUnsubscribe =
  (ports: HttpPorts): RequestHandler =>
  async (req, res) => {
    res.locals['route'] = ROUTE
    const raw = await readBody(req, BODY_LIMIT)
    if ('code' in raw) return sendProblem(res, raw)
    const done = await unsubscribe(ports, String(req.params['token']))
    sendWords(res, done ? 'done' : 'unknown', languageIn(done?.locale ?? ports.defaults.locale))
  }

function sendWords(res: Response, kind: 'ask' | 'done' | 'unknown', language: Language): void {
  const words = WORDS[language]
  const status = kind === 'unknown' ? 404 : 200
  sendPlainPage(res, { status, language, sentence: words[kind], ...(kind === 'ask' && { button: words.button }) })
}

type Language = ReturnType<typeof languageIn>

interface PageWords {
  ask: string
  button: string
  done: string
  unknown: string
}
const WORDS: Record<Language, PageWords> = {
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
