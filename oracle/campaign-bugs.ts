import type { Bug } from './bug.ts'

export const CAMPAIGN_BUGS: Bug[] = [
  {
    name: 'a row of an audience is claimed by everybody who wants it',
    promise: 'P3',
    file: 'src/store/audience-claim.ts',
    find: `where r.status = 'waiting' order by r.campaign_id, r.reference_id for update of r
   )
   update audience_row r set status = 'accepted', dispatch_id = l.dispatch_id from locked l
   where r.campaign_id = l.campaign_id and r.reference_id = l.reference_id and r.status = 'waiting'`,
    replace: `order by r.campaign_id, r.reference_id for update of r
   )
   update audience_row r set status = 'accepted', dispatch_id = l.dispatch_id from locked l
   where r.campaign_id = l.campaign_id and r.reference_id = l.reference_id`,
    caught: ['test/store/campaigns.test.ts'],
  },
  {
    name: 'rows of an audience are marked before their dispatches are stored',
    promise: 'P1',
    file: 'src/store/accept.ts',
    find: 'const known = await claimRows(client, orders)\n',
    replace: "const known = await claimRows(client, orders)\n  await client.query('commit; begin')\n",
    caught: ['test/store/campaigns.test.ts'],
  },
  {
    name: 'a pause is answered before it holds',
    promise: 'P4',
    file: 'src/flow/hold.ts',
    find: "if (order.placedBy !== 'service') await ports.stops.fenceAll()",
    replace: '',
    caught: ['test/flow/campaign.test.ts'],
  },
  {
    name: 'a campaign begins in UTC, not on each person’s clock',
    promise: 'P5',
    file: 'src/store/campaign-start.ts',
    find: 'at: sendTime(campaign, zone, sendHour, now)',
    replace: "at: sendTime(campaign, 'UTC', sendHour, now)",
    caught: ['test/store/campaigns.test.ts'],
  },
  {
    name: 'what counters learned is added up twice',
    promise: 'counters',
    file: 'src/store/tally.ts',
    find: `delete from tally_delta where (select ok from mine) and id in (select id from tally_delta order by id limit $1::int)
     returning campaign_id, subject, cohort, key, n`,
    replace: `select campaign_id, subject, cohort, key, n from tally_delta
     where (select ok from mine) and id in (select id from tally_delta order by id limit $1::int)`,
    caught: ['test/store/tally.test.ts'],
  },
  {
    name: 'the brake takes a share for per cent',
    promise: 'brake',
    file: 'src/domain/brake.ts',
    find: 'count > of * most',
    replace: 'count > of * most * 100',
    caught: ['test/domain/brake.test.ts'],
  },
  {
    name: 'each process keeps a pace of its own',
    promise: 'pace',
    file: 'src/store/pump.ts',
    find: 'and per_hour is not null for update',
    replace: 'and per_hour is not null',
    caught: ['test/store/campaign-pace.test.ts'],
  },
]
