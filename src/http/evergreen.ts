import type { Request, RequestHandler, Response } from 'express'
import { readCode } from '../domain/evergreen.ts'
import { languageIn } from '../domain/reply-words.ts'
import { askForFresh, follow, type Lead } from '../flow/evergreen.ts'
import { readBody } from './body.ts'
import { sendPlainPage } from './plain-page.ts'
import type { HttpPorts } from './ports.ts'
import { sendProblem } from './problem.ts'

type Language = ReturnType<typeof languageIn>

const ROUTE = '/l/{code}'
const BODY_LIMIT = 16 * 1_024

/** On to the partner's page, for people. What looks at links for somebody else gets a page, and nothing changes. */
export const showEvergreen =
  (ports: HttpPorts): RequestHandler =>
  async (req, res) => {
    res.locals['route'] = ROUTE
    const lead = await follow(ports, codeIn(req))
    if (lead.kind !== 'link' || isLookOnly(ports, req)) return sendLead(ports, req, res, lead)
    res.status(302).set({ Location: lead.url, 'Cache-Control': 'no-store', 'X-Robots-Tag': 'noindex' }).end()
  }

/** The button of that page: a fresh link, to the address on file. */
export const askEvergreen =
  (ports: HttpPorts): RequestHandler =>
  async (req, res) => {
    res.locals['route'] = ROUTE
    const raw = await readBody(req, BODY_LIMIT)
    if ('code' in raw) return sendProblem(res, raw)
    const ask = isLookOnly(ports, req) ? follow : askForFresh
    sendLead(ports, req, res, await ask(ports, codeIn(req)))
  }

const codeIn = (req: Request) => readCode(String(req.params['code']))

const isLookOnly = ({ isScanner }: HttpPorts, req: Request) =>
  req.method === 'HEAD' || isScanner(req.get('user-agent') ?? '')

function sendLead(ports: HttpPorts, req: Request, res: Response, lead: Lead): void {
  const { kind } = lead
  if (kind === 'nowhere' && lead.distrusted)
    ports.log.error({ route: ROUTE }, 'a stored link is on no host of the partner')
  const language = kind === 'nowhere' ? languageOf(ports, req) : languageIn(lead.locale)
  const words = WORDS[language]
  sendPlainPage(res, {
    status: kind === 'nowhere' ? 404 : 200,
    language,
    sentence: words[kind],
    ...(kind === 'button' && { button: words.press }),
  })
}

/** The browser's, not the dispatch's: whether a code was ever one of ours is nobody's business. */
function languageOf({ defaults }: HttpPorts, req: Request): Language {
  const fallback = languageIn(defaults.locale)
  return languageIn(req.acceptsLanguages([fallback, 'en', 'es', 'pt']) || fallback)
}

const WORDS: Record<Language, Record<Lead['kind'] | 'press', string>> = {
  en: {
    link: 'Please open this link in your browser to go on.',
    button: 'This link has run out. We can send a fresh one to the phone or mailbox we have for you.',
    press: 'Send me a fresh link',
    asked: 'If we may write to you, a fresh link is on its way to the phone or mailbox we have for you.',
    nowhere: 'This link does not work any more. Please use the newest message you have from us.',
  },
  es: {
    link: 'Abra este enlace en su navegador para continuar.',
    button: 'Este enlace ha vencido. Podemos enviarle uno nuevo al teléfono o correo que tenemos registrado.',
    press: 'Enviarme un enlace nuevo',
    asked: 'Si podemos escribirle, un enlace nuevo va en camino al teléfono o correo que tenemos registrado.',
    nowhere: 'Este enlace ya no funciona. Use el mensaje más reciente que haya recibido de nosotros.',
  },
  pt: {
    link: 'Abra este link no seu navegador para continuar.',
    button: 'Este link expirou. Podemos enviar um novo para o telefone ou e-mail que temos cadastrado.',
    press: 'Enviar um novo link',
    asked: 'Se pudermos escrever para você, um novo link está a caminho do telefone ou e-mail que temos cadastrado.',
    nowhere: 'Este link não funciona mais. Use a mensagem mais recente que recebeu de nós.',
  },
}
