import type { Carried, Claimed, DispatchRecord, Opened, RecordFact, Settled, Told } from '../../src/domain/record.ts'

export const STEP = 'stp_06cfrm21s1xq2hbqf4q4q8w5rg'
const NOON = Date.parse('2026-11-22T12:00:00.000Z')

/** Seconds after noon, when the dispatch was accepted. */
export const atSecond = (seconds: number): string => new Date(NOON + seconds * 1_000).toISOString()

/** One dispatch: sent at once, reminded an hour later, opened two hours after noon. `change` works on its facts. */
export function aRecord(
  change: (facts: RecordFact[]) => RecordFact[] = (facts) => facts,
  dispatch: Partial<DispatchRecord['dispatch']> = {},
): DispatchRecord {
  return {
    record: 1,
    madeAt: atSecond(10_000),
    databaseId: '5f0f7c2e-6b0e-4c39-9a53-0d7a1f3f8f10',
    world: 'live',
    dispatch: {
      id: 'dsp_06cfrm21s1xq2hbqf4q4q8w5rg',
      referenceId: 'user_1',
      status: 'opened',
      reason: null,
      createdAt: atSecond(0),
      endedAt: atSecond(7_200),
      suspectOpens: 'stop',
      ...dispatch,
    },
    steps: [
      { id: `${STEP}-1`, kind: 'first', status: 'delivered', reason: null },
      { id: `${STEP}-2`, kind: 'reminder', status: 'handed', reason: null },
      { id: `${STEP}-3`, kind: 'resend', status: 'handed', reason: null },
      { id: `${STEP}-4`, kind: 'close', status: 'skipped', reason: 'opened' },
    ],
    facts: change([
      ...[told(0, 1, 'dispatch.accepted'), carried()],
      ...[claimed(1, 1), settled(1, 1), told(1.5, 2, 'message.handed', `${STEP}-1`)],
      ...[claimed(3_600, 2), settled(3_600, 2), told(3_600.5, 3, 'message.handed', `${STEP}-2`)],
      ...[opened(), told(7_200, 4, 'dispatch.opened')],
    ]),
  }
}

export const told = (at: number, sequence: number, type: string, stepId: string | null = null): Told => ({
  kind: 'told',
  at: atSecond(at),
  sequence,
  type,
  stepId,
  reason: null,
})

export const carried = (change: Partial<Carried> = {}): Carried => ({
  kind: 'carried',
  at: atSecond(1),
  linkId: 'lnk_06cfrm22q7e5v0a3kdj8n6p1rc',
  origin: 'created',
  requestedMs: 96 * 3_600_000,
  expiresAt: atSecond(96 * 3_600),
  ...change,
})

export const claimed = (at: number, step: number, change: Partial<Claimed> = {}): Claimed => ({
  kind: 'claimed',
  at: atSecond(at),
  stepId: `${STEP}-${step}`,
  attempt: 1,
  turn: 1,
  channel: 'push',
  provider: 'fcm',
  device: '1a2b3c4d',
  linkId: 'lnk_06cfrm22q7e5v0a3kdj8n6p1rc',
  startBy: atSecond(at + 2),
  ...change,
})

/** Half a second after its claim. */
export const settled = (claimedAt: number, step: number, change: Partial<Settled> = {}): Settled => ({
  kind: 'settled',
  at: atSecond(claimedAt + 0.5),
  stepId: `${STEP}-${step}`,
  attempt: 1,
  outcome: 'accepted',
  reason: null,
  providerId: 'projects/demo/messages/1',
  outcomeAt: atSecond(claimedAt + 0.5),
  ...change,
})

export const opened = (change: Partial<Opened> = {}): Opened => ({
  kind: 'opened',
  at: atSecond(7_200),
  notice: 'link.opened',
  linkId: 'lnk_06cfrm22q7e5v0a3kdj8n6p1rc',
  openedAt: atSecond(7_199),
  fencedAt: atSecond(7_200.1),
  suspect: null,
  ...change,
})
