import { setTimeout as wait } from 'node:timers/promises'
import type { Request, RequestHandler, Response } from 'express'
import type { Fault, Faults, FaultTarget } from './faults.ts'
import { type Failures, type Reply, send } from './partner-answers.ts'

const HTML = '<!doctype html><title>Bad gateway</title><h1>Bad gateway</h1>'

/** Answers instead of the work; with `done` on the fault the work is done all the same. */
const REFUSALS: Record<string, (failures: Failures) => Reply> = {
  error_500: (failures) => failures.other(500, 'INTERNAL_ERROR', 'Internal server error'),
  error_502: (failures) => failures.other(502, 'BAD_GATEWAY', 'Bad gateway'),
  error_503: (failures) => failures.other(503, 'SERVICE_UNAVAILABLE', 'Service unavailable'),
  throttle: (failures) => failures.throttled(1_000),
}

export type Handle = (req: Request, fault: Fault | undefined) => Reply | Promise<Reply>

/** A handler that goes wrong as armed: one fault a call. What it does not know is left to `handle`. */
export function faulty({ faults, failures }: { faults: Faults; failures: Failures }) {
  const refuse = (res: Response, fault: Fault) => {
    const refusal = REFUSALS[fault.kind]
    if (refusal) send(res, refusal(failures))
    else
      res
        .status(fault.status ?? 200)
        .type('html')
        .send(HTML)
  }

  return (target: FaultTarget, handle: Handle): RequestHandler =>
    async (req, res) => {
      const fault = faults.take(target, ({ kind }) => kind !== 'expires_between')
      if (fault && isRefusal(fault)) {
        const work = fault.done ? await handle(req, undefined) : undefined
        refuse(res, fault)
        return work?.after?.()
      }
      await delay(fault, 'slow_before')
      const reply = await handle(req, fault)
      await delay(fault, 'slow')
      if (fault?.kind === 'reply_lost') lose(res, reply)
      else send(res, reply)
    }
}

const isRefusal = ({ kind }: Fault) => kind === 'html' || kind in REFUSALS

async function delay(fault: Fault | undefined, kind: 'slow_before' | 'slow'): Promise<void> {
  if (fault?.kind === kind) await wait(fault.delayMs ?? 30_000, undefined, { ref: false })
}

function lose(res: Response, reply: Reply): void {
  res.destroy()
  reply.after?.()
}
