import express, { type Request, type Response, Router } from 'express'
import { z } from 'zod'
import type { Fault, Faults } from './faults.ts'
import { answerForFault, answerForToken, FCM_ANSWERS, type FcmAnswer, payloadAnswer } from './fcm-answers.ts'
import type { Ids } from './ids.ts'
import { interrupted } from './interruptions.ts'
import type { Mailbox } from './mailbox.ts'
import { grantProblem, SANDBOX_PROJECT } from './service-account.ts'

const TOKENS_KEPT = 1_000
const LONGEST_TTL = 2_419_200
const LARGEST = 4_096

const notification = z.object({ title: z.string().optional(), body: z.string().optional() }).optional()
const Push = z.object({
  token: z.string().min(1),
  notification,
  data: z.record(z.string(), z.string()).optional(),
  android: z.looseObject({ ttl: z.string().optional() }).optional(),
  webpush: z.looseObject({ fcm_options: z.looseObject({ link: z.string().optional() }).optional() }).optional(),
})
type Push = z.infer<typeof Push>

export interface FcmOptions {
  faults: Faults
  mailbox: Mailbox
  ids: Ids
}

/** FCM HTTP v1 with the token endpoint that its service account names. */
export function makeFcm({ faults, mailbox, ids }: FcmOptions): { router: Router } {
  const issued = new Set<string>()
  const router = Router()
  router.post('/token', express.urlencoded({ extended: false }), issue)
  router.post('/v1/projects/:project/messages\\:send', express.json({ limit: '64kb' }), send)
  return { router }

  function issue(req: Request, res: Response) {
    const error = grantProblem(req.body ?? {})
    if (error) return res.status(400).json({ error, error_description: 'Invalid JWT grant.' })
    const token = `sandbox.${ids(40)}`
    issued.add(token)
    const [oldest] = issued
    if (issued.size > TOKENS_KEPT && oldest) issued.delete(oldest)
    return res.json({ access_token: token, expires_in: 3599, token_type: 'Bearer' })
  }

  function send(req: Request, res: Response) {
    const fault = faults.take('fcm')
    const push = Push.safeParse(req.body?.message)
    if (interrupted(fault, { req, res, accept: () => push.success && deliver(push.data) })) return
    const refused = accessProblem(req) ?? faultAnswer(fault) ?? payloadProblem(push)
    if (refused) return refuse(res, refused)
    if (push.success) deliver(push.data)
    res.json({ name: `projects/${SANDBOX_PROJECT}/messages/0:${ids(16)}%${ids(16)}` })
  }

  function accessProblem(req: Request): FcmAnswer | undefined {
    const bearer = /^Bearer (.+)$/.exec(req.get('authorization') ?? '')?.[1]
    if (!bearer || !issued.has(bearer)) return FCM_ANSWERS.unauthenticated
    return req.params['project'] === SANDBOX_PROJECT ? undefined : FCM_ANSWERS.wrong_project
  }

  function deliver(push: Push) {
    const { title = '', body = '' } = push.notification ?? {}
    const url = push.data?.['url'] ?? push.webpush?.fcm_options?.link
    const seen = { channel: 'push', provider: 'fcm', direction: 'outbound', to: push.token, title, body } as const
    mailbox.add(url ? { ...seen, url } : seen)
  }
}

function refuse(res: Response, { status, retryAfter, body }: FcmAnswer) {
  if (retryAfter) res.set('Retry-After', String(retryAfter))
  res.status(status).json(body)
}

function faultAnswer(fault: Fault | undefined): FcmAnswer | undefined {
  if (fault?.kind === 'payload') return payloadAnswer('message.android.ttl', 'Invalid value at message.android.ttl')
  return fault && answerForFault(fault.kind)
}

/** What FCM checks itself: shape, reserved keys, size, how long it may keep the message; then the token. */
function payloadProblem(parsed: z.ZodSafeParseResult<Push>): FcmAnswer | undefined {
  if (!parsed.success) return payloadAnswer(`message.${parsed.error.issues[0]?.path.join('.')}`, 'Invalid value')
  const { data = {}, notification, android, token } = parsed.data
  const reserved = Object.keys(data).find((key) => /^(from|message_type|google\..*|gcm\..*)$/.test(key))
  if (reserved) return payloadAnswer(`message.data[${reserved}]`, `Reserved data key: ${reserved}`)
  if (Buffer.byteLength(JSON.stringify({ data, notification })) > LARGEST)
    return payloadAnswer('message', 'Message too big')
  if (!validTtl(android?.ttl)) return payloadAnswer('message.android.ttl', 'Invalid ttl')
  return answerForToken(token)
}

const validTtl = (ttl = '0s') => /^\d+(\.\d{1,9})?s$/.test(ttl) && Number.parseFloat(ttl) <= LONGEST_TTL
