import { describe, expect, it } from 'vitest'
import { type CheckedPromise, checkRecord } from '../../src/domain/check-record.ts'
import type { DispatchRecord, RecordFact } from '../../src/domain/record.ts'
import { aRecord, atSecond, carried, claimed, opened, STEP, settled, told } from '../support/records.ts'

const verdictsOf = (record: DispatchRecord) =>
  Object.fromEntries(checkRecord(record).map(({ promise, verdict }) => [promise, verdict]))
const whyOf = (record: DispatchRecord, promise: CheckedPromise) =>
  checkRecord(record)
    .find((finding) => finding.promise === promise)
    ?.why.join(' ')

const plus =
  (...more: RecordFact[]) =>
  (facts: RecordFact[]) => [...facts, ...more]
/** The same facts, with what `change` says of those of one kind. */
const but =
  <Kind extends RecordFact['kind']>(kind: Kind, change: Partial<Extract<RecordFact, { kind: Kind }>>) =>
  (facts: RecordFact[]) =>
    facts.map((fact) => (fact.kind === kind ? { ...fact, ...change } : fact))
const without = (left: (fact: RecordFact) => boolean) => (facts: RecordFact[]) => facts.filter((fact) => !left(fact))

const HOLDS = { P2: 'holds', P3: 'holds', P6: 'holds' }

it('finds that every promise holds in a dispatch that was sent, reminded and opened', () => {
  expect(verdictsOf(aRecord())).toEqual(HOLDS)
})

describe('P2, nothing planned after the open', () => {
  const late = claimed(7_260, 3, { stepId: `${STEP}-2`, attempt: 2 })
  const itsOutcome = settled(7_260, 3, { stepId: `${STEP}-2`, attempt: 2 })

  it('is broken by a planned message that was claimed after the open was answered', () => {
    const record = aRecord(plus(late, itsOutcome))

    expect(verdictsOf(record)['P2']).toBe('broken')
    expect(whyOf(record, 'P2')).toContain(`${STEP}-2 attempt 2 could begin until ${atSecond(7_262)}`)
  })

  it('is broken by one that was claimed before and went on when the open had been answered', () => {
    const running = claimed(7_199, 3, { stepId: `${STEP}-2`, attempt: 2 })
    const ended = settled(7_199, 3, { stepId: `${STEP}-2`, attempt: 2, outcomeAt: atSecond(7_200.5) })

    expect(verdictsOf(aRecord(plus(running, ended)))['P2']).toBe('broken')
  })

  it.each<[string, RecordFact[]]>([
    [
      'had its outcome before the open could be answered',
      [
        claimed(7_199, 3, { stepId: `${STEP}-2`, attempt: 2 }),
        settled(7_199, 3, { stepId: `${STEP}-2`, attempt: 2, outcome: 'retry' }),
      ],
    ],
    [
      'could begin only before, though its outcome came after',
      [
        claimed(7_190, 3, { stepId: `${STEP}-2`, attempt: 2 }),
        settled(7_190, 3, { stepId: `${STEP}-2`, attempt: 2, outcome: 'retry', outcomeAt: atSecond(7_260) }),
      ],
    ],
    ['was given back unbegun', [late, { ...itsOutcome, outcome: 'late', reason: 'opened' }]],
    ['a person asked for', [claimed(7_300, 3), settled(7_300, 3), told(7_300, 5, 'message.handed', `${STEP}-3`)]],
  ])('holds for one that %s', (_, facts) => {
    expect(verdictsOf(aRecord(plus(...facts)))['P2']).toBe('holds')
  })

  it.each<[string, (facts: RecordFact[]) => RecordFact[]]>([
    ['the moment the open was fenced is not written down', but('opened', { fencedAt: null })],
    ['it counts as opened, and no notice says so', without(({ kind }) => kind === 'opened')],
    [
      'an outcome near the open has no moment',
      plus(
        claimed(7_199, 3, { stepId: `${STEP}-2`, attempt: 2 }),
        settled(7_199, 3, { stepId: `${STEP}-2`, attempt: 2, outcome: 'retry', outcomeAt: null }),
      ),
    ],
    ['an attempt after the open has no outcome yet', plus(late)],
  ])('is unproven where %s', (_, change) => {
    expect(verdictsOf(aRecord(change))['P2']).toBe('unproven')
  })

  it('counts from the first of two opens', () => {
    const second = opened({ notice: 'operation.created', at: atSecond(7_300), fencedAt: atSecond(7_300) })

    expect(verdictsOf(aRecord(plus(second, late, itsOutcome)))['P2']).toBe('broken')
  })

  it('does not count an open that looks like a machine’s where the dispatch waits for a second sign of life', () => {
    const facts = (all: RecordFact[]) => plus(late, itsOutcome)(but('opened', { suspect: 'scanner' })(all))

    expect(verdictsOf(aRecord(facts, { status: 'sent', suspectOpens: 'hold' }))['P2']).toBe('holds')
    expect(verdictsOf(aRecord(facts, { suspectOpens: 'stop' }))['P2']).toBe('broken')
  })
})

describe('P3, nothing twice', () => {
  const again = [
    claimed(3_700, 2, { attempt: 2 }),
    settled(3_700, 2, { attempt: 2 }),
    told(3_700, 6, 'message.handed', `${STEP}-2`),
  ]
  const first = (outcome: string) => (facts: RecordFact[]) =>
    facts.map((fact) => (fact.kind === 'settled' && fact.stepId === `${STEP}-2` ? { ...fact, outcome } : fact))
  const waits = (reason: string) => ({ ...told(3_650, 5, 'message.waits', `${STEP}-2`), reason })

  it('is broken by a second message of one step to one device', () => {
    const record = aRecord(plus(...again))

    expect(verdictsOf(record)['P3']).toBe('broken')
    expect(whyOf(record, 'P3')).toContain(`${STEP}-2 by push to 1a2b3c4d: 2 messages may have arrived, where 1 may.`)
  })

  it('is broken when an unclear one was sent again and nothing says why', () => {
    expect(verdictsOf(aRecord((facts) => plus(...again)(first('ambiguous')(facts))))['P3']).toBe('broken')
  })

  it.each(['unclear_resent', 'not_at_provider', 'restored'])(
    'holds when an unclear one was sent again for %s',
    (reason) => {
      const record = aRecord((facts) => plus(waits(reason), ...again)(first('ambiguous')(facts)))

      expect(verdictsOf(record)['P3']).toBe('holds')
    },
  )

  it('allows no second message because the policy was used elsewhere', () => {
    const elsewhere = { ...waits('unclear_resent'), stepId: `${STEP}-1` }

    const record = aRecord((facts) => plus(elsewhere, ...again)(first('ambiguous')(facts)))

    expect(verdictsOf(record)['P3']).toBe('broken')
  })

  it.each<[string, (facts: RecordFact[]) => RecordFact[]]>([
    ['was refused', (facts) => plus(...again)(first('retry')(facts))],
    [
      'proved failed by its receipt',
      plus(
        {
          kind: 'received',
          at: atSecond(3_650),
          stepId: `${STEP}-2`,
          attempt: 1,
          receipt: 'undelivered',
          reason: '30003',
        },
        ...again,
      ),
    ],
  ])('holds when the first attempt %s', (_, change) => {
    expect(verdictsOf(aRecord(change))['P3']).toBe('holds')
  })

  it('holds for two devices of one step', () => {
    const other = { attempt: 2, device: '99999999' }

    const record = aRecord(plus(claimed(3_600, 2, other), settled(3_600, 2, { attempt: 2 })))

    expect(verdictsOf(record)['P3']).toBe('holds')
  })

  it.each<[string, (facts: RecordFact[]) => RecordFact[]]>([
    ['the outcome of the first of two is not written down', without(isOutcomeOf(2, 1))],
    ['two attempts name no device', (facts) => facts.map((fact) => noDevice(fact))],
  ])('is unproven where %s', (_, change) => {
    expect(verdictsOf(aRecord((facts) => change(plus(...again)(facts))))['P3']).toBe('unproven')
  })
})

describe('P6, no dead link', () => {
  it.each([
    ['less than half an hour of a long life', 3_600 + 29 * 60, 96 * 3_600_000],
    ['less than half of a short life', 3_600 + 9 * 60, 20 * 60_000],
  ])('is broken by a message whose link has %s left', (_, expires, requestedMs) => {
    const record = aRecord(but('carried', { expiresAt: atSecond(expires), requestedMs }))

    expect(verdictsOf(record)).toEqual({ ...HOLDS, P6: 'broken' })
    expect(whyOf(record, 'P6')).toContain(`${STEP}-2 attempt 1`)
  })

  it('holds with half of a short life left', () => {
    const record = aRecord(but('carried', { expiresAt: atSecond(3_600 + 10 * 60), requestedMs: 20 * 60_000 }))

    expect(verdictsOf(record)).toEqual(HOLDS)
  })

  it('asks nothing of what was never handed over', () => {
    const change = but('settled', { outcome: 'retry' })

    const record = aRecord((facts) => change(but('carried', { expiresAt: atSecond(60) })(facts)))

    expect(verdictsOf(record)['P6']).toBe('holds')
  })

  it('is unproven where nothing says how long the link lives', () => {
    expect(verdictsOf(aRecord(without(({ kind }) => kind === 'carried')))).toEqual({ ...HOLDS, P6: 'unproven' })
  })

  it('looks at the link that the message carried', () => {
    const dead = carried({ linkId: 'lnk_other', expiresAt: atSecond(2) })

    expect(verdictsOf(aRecord(plus(dead)))).toEqual(HOLDS)
  })
})

describe('a record from which a fact was taken', () => {
  const UNPROVEN = { P2: 'unproven', P3: 'unproven', P6: 'unproven' }

  it.each<[string, (facts: RecordFact[]) => RecordFact[]]>([
    ['the claim of an outcome', without((fact) => fact.kind === 'claimed' && fact.stepId === `${STEP}-2`)],
    [
      'an attempt whose hand-over was told',
      without((fact) => (fact.kind === 'claimed' || fact.kind === 'settled') && fact.stepId === `${STEP}-2`),
    ],
    [
      'the attempt before another',
      plus(claimed(3_700, 2, { attempt: 3 }), settled(3_700, 2, { attempt: 3, outcome: 'late' })),
    ],
  ])('proves nothing: %s', (_, change) => {
    expect(verdictsOf(aRecord(change))).toEqual(UNPROVEN)
  })

  it('still shows what is broken', () => {
    const change = without((fact) => fact.kind === 'claimed' && fact.stepId === `${STEP}-2`)

    const record = aRecord((facts) => change(but('carried', { expiresAt: atSecond(60) })(facts)))

    expect(verdictsOf(record)).toEqual({ ...UNPROVEN, P6: 'broken' })
  })
})

function isOutcomeOf(step: number, attempt: number) {
  return (fact: RecordFact) => fact.kind === 'settled' && fact.stepId === `${STEP}-${step}` && fact.attempt === attempt
}

const noDevice = (fact: RecordFact) => (fact.kind === 'claimed' ? { ...fact, device: null } : fact)
