import { type Request, type Response, Router } from 'express'
import type { Caller } from '../flow/ports-read.ts'
import { type Door, may } from './door.ts'
import { field } from './fields.ts'
import { page } from './layout.ts'
import type { Room } from './room.ts'
import { signInForm, tokenForm } from './sign-in-page.ts'
import { makeTurnstile } from './turnstile.ts'

const UNKNOWN_KEY = 'This API key is unknown or was revoked.'
const USED_TOKEN =
  'This sign-in link was used before or is too old. A restart prints a new one; an API key always works.'
const NO_SCOPE = 'This key may not open the console: it lacks the scope read.'
const TOO_MANY = 'Too many attempts. Wait a minute and try again.'

/** A one-time link, whose visit alone uses nothing up (mail scanners visit links), or an API key. */
export function signIn(room: Room, door: Door): Router {
  const { ports } = room
  const router = Router()
  const turnstile = makeTurnstile({ passes: 10, everyMs: 60_000, now: () => ports.now().getTime() })

  router.get('/sign-in', (req, res) => {
    const token = field(req.query, 'token')
    const form = token ? tokenForm(token) : signInForm({ next: ownPath(field(req.query, 'next')) })
    res.type('html').send(page(room.frame(null), { title: 'Sign in', body: form }))
  })
  router.post('/sign-in', ...room.form, async (req, res) => {
    if (!turnstile(req.ip ?? '')) return again(req, res, 429, TOO_MANY)
    const token = field(req.body, 'token')
    const caller = token ? await ports.keys.useSignIn(token) : await callerOfKey(field(req.body, 'key'))
    if (!caller) return again(req, res, 401, token ? USED_TOKEN : UNKNOWN_KEY)
    if (!may(caller, 'read')) return again(req, res, 403, NO_SCOPE)
    await door.letIn(res, caller)
    res.redirect(303, ownPath(field(req.body, 'next')))
  })
  router.post('/sign-out', ...room.form, async (req, res) => {
    await door.letOut(req, res)
    res.redirect(303, '/sign-in')
  })
  // A page that was reached from another site comes without the strict cookie; the script asks here whether there is one.
  router.get('/console/session', async (req, res) => {
    res.json({ signedIn: (await door.callerOf(req)) !== null })
  })
  return router

  async function callerOfKey(key: string): Promise<Caller | null> {
    return key ? ports.keys.caller(key) : null
  }

  function again(req: Request, res: Response, status: number, problem: string): void {
    if (status === 429) res.set('Retry-After', '60')
    const form = signInForm({ next: ownPath(field(req.body, 'next')), problem })
    res
      .status(status)
      .type('html')
      .send(page(room.frame(null), { title: 'Sign in', body: form }))
  }
}

/** Only a page of ours: never another host, however it is written. */
const ownPath = (path: string): string =>
  /^\/(?:dispatches\/dsp_\w{26}|new|system|take-back|campaigns(?:\/cmp_\w{26}|\/new)?)$/.test(path) ? path : '/'
