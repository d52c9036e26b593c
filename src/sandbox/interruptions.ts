import type { Request, Response } from 'express'
import type { Fault } from './faults.ts'

/**
 * The faults that cut an HTTP answer short, the same for every provider. `accept` takes the message all the same,
 * because the sender cannot tell whether it was taken.
 */
export function interrupted(fault: Fault | undefined, { req, res, accept }: Exchange): boolean {
  switch (fault?.kind) {
    case 'reset_before':
      req.socket.resetAndDestroy()
      return true
    case 'reset_after':
      accept()
      req.socket.resetAndDestroy()
      return true
    case 'timeout':
      if (fault.done) accept()
      res.on('close', () => req.socket.destroy())
      return true
    default:
      return false
  }
}

interface Exchange {
  req: Request
  res: Response
  accept: () => void
}
