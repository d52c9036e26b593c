import { Router } from 'express'
import { normaliseEmail, normalisePhone } from '../domain/address.ts'
import { DISPATCH_STATES } from '../domain/dispatch.ts'
import type { DispatchFilter, DispatchView } from '../flow/ports-read.ts'
import { readId } from '../lib/id.ts'
import type { Door, Visit } from './door.ts'
import { field } from './fields.ts'
import { fragment, page } from './layout.ts'
import { type Listing, listPage } from './list-page.ts'
import { looksLikePhone } from './order.ts'
import type { ConsolePorts } from './ports.ts'
import type { Room } from './room.ts'

const PAGE_LENGTH = 25

/** The list, newest first. What is searched for is sent in the body: no address ever stands in an address. */
export function list(room: Room, door: Door): Router {
  const router = Router()

  router.get(
    '/',
    door.only('read', async ({ req, res, caller }) => {
      const status = DISPATCH_STATES.find((state) => state === field(req.query, 'status')) ?? null
      const before = readId('dsp', field(req.query, 'before')) ?? null
      const views = await room.ports.dispatches.list({ ...ANY, status, before, limit: PAGE_LENGTH + 1 })
      show({ req, res, caller }, { ...onePage(views), status, before, term: null, problem: null })
    }),
  )
  router.post(
    '/search',
    ...room.form,
    door.only('read', async ({ req, res, caller }) => {
      const term = field(req.body, 'term')
      const before = readId('dsp', field(req.body, 'before')) ?? null
      if (term === '') return res.redirect(303, '/')
      if (readId('dsp', term)) return res.redirect(303, `/dispatches/${term}`)
      const found = await search(room.ports, term, { before, limit: PAGE_LENGTH + 1 })
      return show({ req, res, caller }, { ...onePage(found.views), status: null, before, term, problem: found.problem })
    }),
  )
  return router

  function show({ req, res, caller }: Visit, listing: Listing): void {
    const frame = room.frame(caller)
    const live = listPage(frame, listing)
    const alone = 'fragment' in req.query
    const follow = listing.term === null ? { path: req.originalUrl } : { form: 'search-again' }
    res
      .type('html')
      .send(alone ? fragment(frame, live) : page(frame, { title: 'Dispatches', here: 'list', live, follow }))
  }
}

const ANY: Omit<DispatchFilter, 'status' | 'before' | 'limit'> = {
  referenceId: null,
  campaignId: null,
  opened: null,
  template: null,
  from: null,
  to: null,
}

const onePage = (views: DispatchView[]) => ({
  views: views.slice(0, PAGE_LENGTH),
  more: views.length > PAGE_LENGTH,
})

/** A plus or ten digits make a phone number, an at sign makes it mail; everything else is a reference of the CRM. */
async function search(
  { dispatches, lookups }: ConsolePorts,
  term: string,
  part: Pick<DispatchFilter, 'before' | 'limit'>,
): Promise<{ views: DispatchView[]; problem: string | null }> {
  if (term.includes('@')) {
    const email = normaliseEmail(term)
    if (!email.ok) return { views: [], problem: 'This is no email address.' }
    return { views: await dispatches.byAddress(lookups('email', email.address), part), problem: null }
  }
  if (term.startsWith('+') || looksLikePhone(term)) {
    const phone = normalisePhone(term.startsWith('+') ? term : `+${term}`)
    if (!phone.ok) return { views: [], problem: 'This is no phone number with its country code.' }
    return { views: await dispatches.byAddress(lookups('phone', phone.e164), part), problem: null }
  }
  return { views: await dispatches.list({ ...ANY, referenceId: term, status: null, ...part }), problem: null }
}
