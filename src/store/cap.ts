/**
 * When the messages of one person's other steps left in the last seven days, newest first: one time a step, whatever its
 * devices and tries; what a provider refused does not count, what is under way does. `person`, `dispatch` and `step` are SQL expressions.
 */
export const sentLately = (person: string, dispatch: string, step: string) => `(
  select array_agg(t.at order by t.at desc) from (
    select max(a.claimed_at) as at from dispatch o join attempt a on a.dispatch_id = o.id
    where o.reference_id = ${person} and a.channel <> 'in_app' and a.claimed_at > app_now() - interval '7 days'
      and (a.outcome is null or a.outcome in ('accepted', 'ambiguous')) and (a.dispatch_id, a.step_n) <> (${dispatch}, ${step})
    group by a.dispatch_id, a.step_n) t)`
