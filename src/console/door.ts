import type { Request, RequestHandler, Response } from 'express'
import type { Caller, KeyStore, Scope } from '../flow/ports-read.ts'

const SESSION_MS = 12 * 3_600_000

/** Somebody who may be here, with what they ask for. */
export interface Visit {
  req: Request
  res: Response
  caller: Caller
}

export interface Door {
  /** Runs the handler for callers with the scope; others are sent to sign in, or told what their key lacks. */
  only(scope: Scope, handler: (visit: Visit) => Promise<unknown> | unknown): RequestHandler
  callerOf(req: Request): Promise<Caller | null>
  letIn(res: Response, caller: Caller): Promise<void>
  letOut(req: Request, res: Response): Promise<void>
}

export function makeDoor(keys: Pick<KeyStore, 'openSession' | 'session' | 'closeSession'>, publicUrl: string): Door {
  const cookie = cookieFor(new URL(publicUrl))
  const callerOf = async (req: Request) => {
    const token = cookieOf(req, cookie.name)
    return token ? keys.session(token) : null
  }
  return {
    callerOf,
    only: (scope, handler) => async (req, res) => {
      const caller = await callerOf(req)
      if (!caller) return turnAway(req, res)
      if (!may(caller, scope)) return refuse(res, scope)
      await handler({ req, res, caller })
    },
    async letIn(res, caller) {
      const token = await keys.openSession('session', caller.keyId, SESSION_MS)
      res.cookie(cookie.name, token, { ...cookie.options, maxAge: SESSION_MS })
    },
    async letOut(req, res) {
      const token = cookieOf(req, cookie.name)
      if (token) await keys.closeSession(token)
      res.clearCookie(cookie.name, cookie.options)
    },
  }
}

export const may = (caller: Caller, scope: Scope): boolean =>
  caller.scopes.includes('admin') || caller.scopes.includes(scope)

/** Cookies know no ports: without https the name holds ours, so that two copies on one machine keep apart. */
function cookieFor({ protocol, port }: URL) {
  const secure = protocol === 'https:'
  return {
    name: secure ? '__Host-session' : `session-${port || 80}`,
    options: { httpOnly: true, sameSite: 'strict' as const, path: '/', secure },
  }
}

function cookieOf(req: Request, name: string): string | undefined {
  const pairs = (req.get('cookie') ?? '').split(';').map((pair) => pair.trim())
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1)
}

/** A page goes to the sign-in and comes back; whatever a script or a form asked for is refused. */
function turnAway(req: Request, res: Response): void {
  const isPage = req.method === 'GET' && req.query['fragment'] === undefined && req.accepts('html')
  if (isPage) res.redirect(303, req.path === '/' ? '/sign-in' : `/sign-in?next=${encodeURIComponent(req.path)}`)
  else if (req.method === 'POST') res.redirect(303, '/sign-in')
  else res.status(401).type('text').send('Sign in first.')
}

function refuse(res: Response, scope: Scope): void {
  res.status(403).type('text').send(`Your key may not do this: it lacks the scope ${scope}.`)
}
